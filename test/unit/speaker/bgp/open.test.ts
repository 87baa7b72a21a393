import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCapability, type Capability } from '#speaker/bgp/capability.ts';
import { asnOf, decodeOpenBody, encodeOpenBody, type OpenMessage } from '#speaker/bgp/open.ts';
import { capability } from './arbitraries.ts';
import { hex, toHex } from './octets.ts';
import { refusalOf } from './refused.ts';

const fixed = '04 fc01 005a c000020b';

function open(capabilities: readonly Capability[]): OpenMessage {
  return { kind: 'open', myAs: 64_513, holdTimeSeconds: 90, bgpIdentifier: 0xc000_020b, capabilities };
}

function capabilitiesIn(parameters: string): readonly Capability[] {
  return decodeOpenBody(hex(`${fixed} ${parameters}`)).capabilities;
}

const refresh: Capability = { kind: 'routeRefresh' };
const asn: Capability = { kind: 'fourOctetAs', asn: 64_513 };

describe('C1: capabilities', () => {
  test.each([
    ['no parameters', '00', []],
    ['one parameter with two', '0a 0208 0200 41040000fc01', [refresh, asn]],
    ['two parameters with one each', '0c 0202 0200 0206 41040000fc01', [refresh, asn]],
    ['an empty parameter', '02 0200', []],
    ['the same twice', '06 0204 0200 0200', [refresh, refresh]],
    ['an unknown one', '07 0205 f003010203', [{ kind: 'unknown', code: 240, value: hex('010203') }]],
    ['a wrong length', '05 0203 4101ff', [{ kind: 'unknown', code: 65, value: hex('ff') }]],
    ['a value that is left over', '05 0203 0201ff', [{ kind: 'unknown', code: 2, value: hex('ff') }]],
    ['a name longer than its value', '06 0204 4902 0541', [{ kind: 'unknown', code: 73, value: hex('0541') }]],
  ] as const)('%s', (_, parameters, expected) => {
    expect(capabilitiesIn(parameters)).toEqual(expected);
  });

  test.each([
    ['a capability beyond its parameter', '04 0202 0201'],
    ['a capability without a length', '03 0201 02'],
    ['a parameter beyond the message', '04 0208 0200'],
    ['fewer octets of parameters than announced', '05 0202 0200'],
    ['more octets of parameters than announced', '03 0202 0200'],
  ])('%s is malformed', (_, parameters) => {
    expect(refusalOf(() => capabilitiesIn(parameters))).toEqual({
      answer: '2/0',
      data: '',
      consequence: 'sessionReset',
    });
  });
});

describe('C2: the long form of parameters (RFC 9072)', () => {
  test.each([
    ['as we send it', 'ff ff 0005 02 0002 0200', [refresh]],
    ['whatever the short length says', '01 ff 0005 02 0002 0200', [refresh]],
    ['without parameters', 'ff ff 0000', []],
  ])('%s', (_, parameters, expected) => {
    expect(capabilitiesIn(parameters)).toEqual(expected);
  });

  test('255 octets of another type are a plain list', () => {
    const filler: Capability = { kind: 'unknown', code: 240, value: new Uint8Array(251) };
    expect(encodeOpenBody(open([filler])).subarray(9, 12)).toEqual(Uint8Array.of(255, 2, 253));
    expect(decodeOpenBody(encodeOpenBody(open([filler]))).capabilities).toEqual([filler]);
  });

  test('is sent above 255 octets only', () => {
    const filler: Capability = { kind: 'unknown', code: 240, value: new Uint8Array(252) };
    expect(encodeOpenBody(open([filler])).subarray(9, 16)).toEqual(Uint8Array.of(255, 255, 1, 1, 2, 0, 254));
    expect(decodeOpenBody(encodeOpenBody(open([filler]))).capabilities).toEqual([filler]);
  });

  test.each(['ff ff 00', 'ff ff 0006 02 0002 0200', 'ff ff 0005 02 0003 0200'])('%s is malformed', (parameters) => {
    expect(refusalOf(() => capabilitiesIn(parameters))?.answer).toBe('2/0');
  });
});

test.each([
  ['F12: another version', '03 fc01 005a c000020b 00', '2/1', '0004'],
  ['F12: an unknown parameter', `${fixed} 03 0101 00`, '2/4', ''],
])('%s', (_, body, answer, data) => {
  expect(refusalOf(() => decodeOpenBody(hex(body)))).toEqual({ answer, data, consequence: 'sessionReset' });
});

test('an OPEN cut at any length is refused as malformed', () => {
  const body = encodeOpenBody(open([refresh, asn]));
  for (let length = 0; length < body.length; length++) {
    expect(refusalOf(() => decodeOpenBody(body.subarray(0, length)))?.answer).toBe('2/0');
  }
});

test('an OPEN with any octet changed is read, or refused', () => {
  const original = encodeOpenBody(open([refresh, asn, { kind: 'fqdn', hostName: 'node', domainName: 'test' }]));
  for (let offset = 0; offset < original.length; offset++) {
    for (let value = 0; value < 256; value++) {
      const body = original.slice();
      body[offset] = value;
      expect(refusalOf(() => decodeOpenBody(body))?.answer ?? '2/0').toMatch(/^2\/[014]$/);
    }
  }
});

test('C3: the true AS number is that of the capability', () => {
  expect(asnOf(open([]))).toBe(64_513);
  expect(asnOf({ ...open([{ kind: 'fourOctetAs', asn: 4_200_000_001 }]), myAs: 23_456 })).toBe(4_200_000_001);
});

test.each([
  [
    '5: IPv4 with IPv6 next hops',
    { kind: 'extendedNextHop', tuples: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
    '0506 0001 0001 0002',
  ],
  ['6: long messages', { kind: 'extendedMessage' }, '0600'],
  ['9: customer', { kind: 'role', role: 3 }, '0901 03'],
  [
    '64: graceful restart',
    {
      kind: 'gracefulRestart',
      restarting: true,
      notification: true,
      restartTimeSeconds: 0xabc,
      tuples: [{ afi: 2, safi: 1, forwarding: true }],
    },
    '4006 cabc 0002 01 80',
  ],
  ['69: paths', { kind: 'addPath', tuples: [{ afi: 1, safi: 1, mode: 3 }] }, '4504 0001 01 03'],
  [
    '71: long-lived graceful restart',
    { kind: 'longLivedGracefulRestart', tuples: [{ afi: 1, safi: 1, forwarding: true, staleTimeSeconds: 0x01_0203 }] },
    '4707 0001 01 80 010203',
  ],
  ['73: name', { kind: 'fqdn', hostName: 'ab', domainName: '' }, '4904 02 6162 00'],
  ['75: program', { kind: 'softwareVersion', version: 'I/1' }, '4b04 03 492f31'],
  ['77: link-local next hops', { kind: 'linkLocalNextHop' }, '4d00'],
] as const)('capability %s', (_, value, octets) => {
  expect(toHex(encodeCapability(value))).toBe(octets.replaceAll(' ', ''));
  const encoded = hex(octets);
  expect(capabilitiesIn(toHex(Uint8Array.of(encoded.length + 2, 2, encoded.length, ...encoded)))).toEqual([value]);
});

test('C15: long names are cut at 64 octets, between characters', () => {
  const encoded = encodeCapability({ kind: 'softwareVersion', version: `${'a'.repeat(63)}ü` });
  expect(encoded.length).toBe(2 + 1 + 63);
});

test('any capabilities survive being encoded and decoded', () => {
  fc.assert(
    fc.property(fc.array(capability, { maxLength: 12 }), (capabilities) => {
      expect(decodeOpenBody(encodeOpenBody(open(capabilities)))).toEqual(open(capabilities));
    }),
  );
});
