import { describe, expect, test } from 'vitest';
import type { MessageContext } from '#speaker/bgp/codec.ts';
import { countNlri, decodeNlri, decodePrefix, encodePrefix } from '#speaker/bgp/nlri.ts';
import { decodeUpdateBody, type UpdateOutcome } from '#speaker/bgp/update.ts';
import type { Ip } from '#shared/net/ip.ts';
import { external, hex, internal, prefix, toHex } from './octets.ts';
import { asRefusal, refusalOf } from './refused.ts';

const origin = '40010100';
const path = '4002060201 0000fc01';
const nextHop = '400304c0000201';
const mandatory = `${origin} ${path} ${nextHop}`;
const nlri = '18 cb0071';
const reach = '800e1a 0002 01 10 20010db8000b00000000000000000001 00 20 20010db8';
const twoOctet: MessageContext = { ...external, fourOctetAs: false };
const twoOctetPath = '4002040201 fc01';

const lengthOf = (text: string): string => hex(text).length.toString(16).padStart(4, '0');

function body(attributes: string, prefixes: string, withdrawn = ''): Uint8Array {
  return hex(lengthOf(withdrawn) + withdrawn + lengthOf(attributes) + attributes + prefixes);
}

function decode(attributes: string, prefixes = nlri, context: MessageContext = external): UpdateOutcome {
  return decodeUpdateBody(body(attributes, prefixes), context);
}

/** `treatAsWithdraw 3/5`, `accepted`. */
function outcome(attributes: string, prefixes = nlri, context: MessageContext = external): string {
  const refusal = refusalOf(() => decode(attributes, prefixes, context));
  if (refusal !== undefined) return `${refusal.consequence} ${refusal.answer}`;
  const { consequence, errors } = decode(attributes, prefixes, context);
  return [consequence ?? 'accepted', ...errors.map((error) => asRefusal(error).answer)].join(' ');
}

const dataOf = (attributes: string): readonly string[] => decode(attributes).errors.map((one) => asRefusal(one).data);

describe('spec §10: what becomes of a received UPDATE', () => {
  test.each([
    ['all right', mandatory, 'accepted'],
    ['ORIGIN of 2 octets', `4001020000 ${path} ${nextHop}`, 'treatAsWithdraw 3/6'],
    ['ORIGIN 3', `40010103 ${path} ${nextHop}`, 'treatAsWithdraw 3/6'],
    ['AS_PATH with an unknown segment', `${origin} 4002060501 0000fc01 ${nextHop}`, 'treatAsWithdraw 3/11'],
    ['AS_PATH with an empty segment', `${origin} 4002020200 ${nextHop}`, 'treatAsWithdraw 3/11'],
    ['AS_PATH that overruns', `${origin} 4002060202 0000fc01 ${nextHop}`, 'treatAsWithdraw 3/11'],
    ['AS_PATH with one octet left', `${origin} 4002070201 0000fc01 02 ${nextHop}`, 'treatAsWithdraw 3/11'],
    ['AS_PATH with AS 0', `${origin} 4002060201 00000000 ${nextHop}`, 'treatAsWithdraw 3/11'],
    ['U14: AS_PATH with a confederation', `${origin} 4002060301 0000fc01 ${nextHop}`, 'treatAsWithdraw 3/11'],
    ['NEXT_HOP of 3 octets', `${origin} ${path} 400303c00002`, 'treatAsWithdraw 3/5'],
    ['MED of 3 octets', `${mandatory} 800403000000`, 'treatAsWithdraw 3/5'],
    ['LOCAL_PREF from outside', `${mandatory} 40050400000064`, 'attributeDiscard 3/9'],
    ['LOCAL_PREF of 3 octets from outside', `${mandatory} 400503000064`, 'attributeDiscard 3/9'],
    ['ORIGINATOR_ID from outside', `${mandatory} 800904c0000201`, 'attributeDiscard 3/9'],
    ['CLUSTER_LIST from outside', `${mandatory} 800a04c0000201`, 'attributeDiscard 3/9'],
    ['COMMUNITIES of 5 octets', `${mandatory} c008050000000000`, 'treatAsWithdraw 3/9'],
    ['COMMUNITIES without any', `${mandatory} c00800`, 'treatAsWithdraw 3/9'],
    ['EXTENDED COMMUNITIES of 4 octets', `${mandatory} c0100400000000`, 'treatAsWithdraw 3/9'],
    ['EXTENDED COMMUNITIES without any', `${mandatory} c01000`, 'treatAsWithdraw 3/9'],
    ['IPv6 EXTENDED COMMUNITIES of 4 octets', `${mandatory} c0190400000000`, 'treatAsWithdraw 3/9'],
    ['LARGE COMMUNITY of 8 octets', `${mandatory} c020080000000000000000`, 'treatAsWithdraw 3/9'],
    ['LARGE COMMUNITY without any', `${mandatory} c02000`, 'treatAsWithdraw 3/9'],
    ['wrong flags of ORIGIN', `c0010100 ${path} ${nextHop}`, 'treatAsWithdraw 3/4'],
    ['wrong flags of COMMUNITIES', `${mandatory} 800804fc000064`, 'treatAsWithdraw 3/4'],
    ['ORIGIN missing', `${path} ${nextHop}`, 'treatAsWithdraw 3/3'],
    ['AS_PATH missing', `${origin} ${nextHop}`, 'treatAsWithdraw 3/3'],
    ['NEXT_HOP missing', `${origin} ${path}`, 'treatAsWithdraw 3/3'],
    ['ATOMIC_AGGREGATE of 1 octet', `${mandatory} 40060100`, 'attributeDiscard 3/5'],
    ['AGGREGATOR of 6 octets', `${mandatory} c00706fc01c0000201`, 'attributeDiscard 3/5'],
    ['AGGREGATOR with AS 0', `${mandatory} c0070800000000c0000201`, 'attributeDiscard 3/5'],
    ['AIGP with a metric too short', `${mandatory} 801a0401000400`, 'attributeDiscard 3/9'],
    ['AIGP transitive', `${mandatory} c01a0b01000b0000000000000001`, 'attributeDiscard 3/4'],
    ['AS4_PATH from a four-octet peer', `${mandatory} c011060201fa56ea01`, 'attributeDiscard 3/9'],
    ['ORIGIN twice', `${mandatory} 40010101`, 'attributeDiscard 3/1'],
    ['MP_REACH_NLRI twice', `${reach} ${reach} ${mandatory}`, 'sessionReset 3/1'],
    ['MP_UNREACH_NLRI twice', `800f03000201 800f03000201`, 'sessionReset 3/1'],
    ['an unknown optional attribute', `${mandatory} e0f0020000`, 'accepted'],
    ['an unknown well-known attribute', `${mandatory} 40f0020000`, 'treatAsWithdraw 3/2'],
    ['ONLY_TO_CUSTOMER of 3 octets', `${mandatory} c023030000fc`, 'treatAsWithdraw 3/9'],
    ['an attribute beyond the others', `${mandatory} c00808fc000064`, 'treatAsWithdraw 3/1'],
    ['one octet after the last attribute', `${mandatory} c0`, 'treatAsWithdraw 3/1'],
    ['two octets after the last attribute', `${mandatory} c008`, 'treatAsWithdraw 3/1'],
    ['three octets of a long attribute', `${mandatory} d00800`, 'treatAsWithdraw 3/1'],
    ['the strongest of two', `${mandatory} 40060100 c00800`, 'treatAsWithdraw 3/5 3/9'],
  ])('%s', (_, attributes, expected) => {
    expect(outcome(attributes)).toBe(expected);
  });

  test.each([
    ['LOCAL_PREF', `${mandatory} 40050400000064`, 'accepted'],
    ['LOCAL_PREF of 3 octets', `${mandatory} 400503000064`, 'treatAsWithdraw 3/5'],
    ['ORIGINATOR_ID of 3 octets', `${mandatory} 800903c00002`, 'treatAsWithdraw 3/5'],
    ['CLUSTER_LIST of 3 octets', `${mandatory} 800a03c00002`, 'treatAsWithdraw 3/5'],
    ['CLUSTER_LIST without any', `${mandatory} 800a00`, 'treatAsWithdraw 3/5'],
  ])('%s from inside our AS', (_, attributes, expected) => {
    expect(outcome(attributes, nlri, internal)).toBe(expected);
  });

  test.each([
    ['AS numbers of two octets', `${origin} ${twoOctetPath} ${nextHop}`, 'accepted'],
    ['AGGREGATOR of 8 octets', `${origin} ${twoOctetPath} ${nextHop} c0070800000001c0000201`, 'attributeDiscard 3/5'],
    ['AS4_PATH with an empty segment', `${origin} ${twoOctetPath} ${nextHop} c011020200`, 'attributeDiscard 3/9'],
    ['AS4_AGGREGATOR of 6 octets', `${origin} ${twoOctetPath} ${nextHop} c01206000100000000`, 'attributeDiscard 3/9'],
  ])('%s from a two-octet peer', (_, attributes, expected) => {
    expect(outcome(attributes, nlri, twoOctet)).toBe(expected);
  });

  test.each([
    ['MP_REACH_NLRI', `${reach} ${origin} ${path}`, 'accepted'],
    ['MP_REACH_NLRI without ORIGIN', `${reach} ${path}`, 'treatAsWithdraw 3/3'],
    ['MP_REACH_NLRI with wrong flags', `c0${reach.slice(2)} ${origin} ${path}`, 'sessionReset 3/9'],
    ['MP_REACH_NLRI of 4 octets', `800e04 00020100 ${origin} ${path}`, 'sessionReset 3/9'],
    ['a next hop of 4 octets for IPv6', `800e0a 0002 01 04 c0000201 00 00 ${origin} ${path}`, 'sessionReset 3/9'],
    ['a next hop beyond the attribute', `800e06 0002 01 10 2001 ${origin} ${path}`, 'sessionReset 3/9'],
    ['a prefix of 129 bits', `${reach.replace('00 20 2001', '00 81 2001')} ${origin} ${path}`, 'sessionReset 3/9'],
    [
      'a prefix beyond the attribute',
      `${reach.replace('00 20 2001', '00 21 2001')} ${origin} ${path}`,
      'sessionReset 3/9',
    ],
    ['MP_UNREACH_NLRI of 2 octets', '800f020002', 'sessionReset 3/9'],
    ['a withdrawn prefix of 129 bits', '800f0500020181 00', 'sessionReset 3/9'],
    ['a family that was not negotiated', `800e09 0001 80 00 00 ffffffff ${origin} ${path}`, 'accepted'],
    ['a withdrawal of such a family', '800f07 4004 47 ffffffff', 'accepted'],
    ['an attribute wrong, and no routes', `${origin} ${path} c00800`, 'sessionReset 3/9'],
    ['an attribute discarded, and no routes', `${origin} ${path} 40060100`, 'attributeDiscard 3/5'],
    ['no octet of attributes, and no routes', '', 'accepted'],
  ])('%s', (_, attributes, expected) => {
    expect(outcome(attributes, '')).toBe(expected);
  });

  test.each([
    ['a prefix of 33 bits', '21 cb007101 80'],
    ['a prefix beyond the message', '20 cb0071'],
  ])('classic: %s', (_, prefixes) => {
    expect(outcome(mandatory, prefixes)).toBe('sessionReset 3/10');
    expect(refusalOf(() => decodeUpdateBody(body('', '', prefixes), external))?.answer).toBe('3/10');
  });

  test.each(['0001 0000', '0000 0001', '0000 ffff', '00'])('fields beyond the message: %s', (octets) => {
    expect(refusalOf(() => decodeUpdateBody(hex(octets), external))?.answer).toBe('3/1');
  });

  test('C5: IPv4 routes with IPv6 next hops only where that was negotiated', () => {
    const attributes = `800e19 0001 01 10 20010db8000b00000000000000000001 00 18cb0071 ${origin} ${path}`;
    expect(outcome(attributes, '')).toBe('accepted');
    expect(outcome(attributes, '', { ...external, extendedNextHop: false })).toBe('sessionReset 3/9');
  });

  test('data is the attribute as it came, or the type of the missing one', () => {
    expect(dataOf(`${mandatory} c00800`)).toEqual(['c00800']);
    expect(dataOf(`${origin} ${path}`)).toEqual(['03']);
    expect(refusalOf(() => decode('800f020002', ''))?.data).toBe('800f020002');
  });

  test('E3: of duplicates the first counts', () => {
    const { message } = decode(`${mandatory} 40010101`);
    expect(message.attributes.filter(({ kind }) => kind === 'origin')).toEqual([{ kind: 'origin', origin: 'igp' }]);
  });
});

describe('E4: prefixes', () => {
  test('host bits are masked', () => {
    expect(decodeNlri('IPv4', hex('19 cb0071ff')).map((one) => decodePrefix('IPv4', one))).toEqual([
      { ip: '203.0.113.128', prefixBits: 25 },
    ]);
    expect(encodePrefix({ ip: '203.0.113.255' as Ip, prefixBits: 20 })).toBe(prefix('203.0.112.0/20'));
  });

  test.each([
    ['0.0.0.0/0', 'usable'],
    ['223.255.255.255/32', 'usable'],
    ['224.0.0.0/4', 'ignored'],
    ['239.1.2.3/32', 'ignored'],
    ['240.0.0.0/4', 'ignored'],
  ])('%s is %s', (text, kind) => {
    const octets = Uint8Array.from(prefix(text), (octet) => octet.charCodeAt(0));
    expect(countNlri('IPv4', octets)).toEqual({
      usable: kind === 'usable' ? 1 : 0,
      ignored: kind === 'ignored' ? 1 : 0,
    });
  });

  test('are counted by family and field', () => {
    const { routes } = decodeUpdateBody(body(`${reach} ${mandatory}`, `${nlri} 04e0`, nlri), external);
    expect(routes).toEqual([
      { afi: 1, safi: 1, field: 'withdrawn', count: { usable: 1, ignored: 0 } },
      { afi: 1, safi: 1, field: 'announced', count: { usable: 1, ignored: 1 } },
      { afi: 2, safi: 1, field: 'announced', count: { usable: 1, ignored: 0 } },
    ]);
  });

  test.each([
    ['0.0.0.0/0', '00'],
    ['128.0.0.0/1', '0180'],
    ['203.0.113.0/24', '18cb0071'],
    ['203.0.113.1/32', '20cb007101'],
    ['::/0', '00'],
    ['2001:db8::/33', '2120010db800'],
    ['2001:db8::1/128', '8020010db8000000000000000000000001'],
  ])('U12: %s goes as %s', (text, octets) => {
    const encoded = prefix(text);
    const family = text.includes(':') ? 'IPv6' : 'IPv4';
    expect(toHex(Uint8Array.from(encoded, (octet) => octet.charCodeAt(0)))).toBe(octets);
    const { ip, prefixBits } = decodePrefix(family, encoded);
    expect(`${ip}/${prefixBits}`).toBe(text);
  });
});
