import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdjRibOutEvent } from '#speaker/bgp/adj-rib-out.ts';
import type { OutSession } from '#speaker/bgp/out-plan.ts';
import { beforeShutdown, plainAttributes } from '#speaker/bgp/route-attributes.ts';
import type { RouteTable } from '#speaker/bgp/route-table.ts';
import { external, internal } from './octets.ts';
import { ipv4NextHop, onlyIPv4, OutPlay, routes, session } from './out-play.ts';
import { RouteReceiver } from './route-receiver.ts';

const enhanced: OutSession = { ...session, enhancedRouteRefresh: true };
const refreshIPv4: AdjRibOutEvent = { kind: 'refresh', family: 'IPv4' };

function established(table: RouteTable, to: OutSession = session): OutPlay {
  const play = new OutPlay();
  play.want(table);
  play.establish(65_536, to);
  return play;
}

function free(octetsFree: number): AdjRibOutEvent {
  return { kind: 'drained', octetsFree };
}

describe('U7: a new session', () => {
  const all = routes([{}, '198.51.100.2/32 198.51.100.1/32 2001:db8::1/128'], [{ multiExitDisc: 5 }, '203.0.113.0/24']);
  const told = ['+198.51.100.1/32', '+198.51.100.2/32', '+203.0.113.0/24', 'end IPv4', '+2001:db8::1/128', 'end IPv6'];

  test('is given all, family by family, each with its end', () => {
    const play = new OutPlay();
    expect(play.want(all)).toEqual([]);
    expect(play.establish()).toEqual(told);
    expect(play.effects.filter(({ kind }) => kind === 'endOfRib')).toEqual([
      { kind: 'endOfRib', family: 'IPv4' },
      { kind: 'endOfRib', family: 'IPv6' },
    ]);
  });

  test('without routes is given the ends', () => {
    const play = new OutPlay();
    play.want(routes());
    expect(play.establish()).toEqual(['end IPv4', 'end IPv6']);
  });

  test('waits for what is desired', () => {
    const play = new OutPlay();
    expect(play.establish()).toEqual([]);
    expect(play.want(all)).toEqual(told);
  });

  test('§9: an end is never told before everything is known', () => {
    const play = new OutPlay();
    play.establish(65_536, onlyIPv4);
    expect(play.want(routes([{}, '198.51.100.1/32']), false)).toEqual(['+198.51.100.1/32']);
    expect(play.want(routes([{}, '198.51.100.1/32 198.51.100.2/32']))).toEqual(['+198.51.100.2/32', 'end IPv4']);
    expect(play.want(routes([{}, '198.51.100.1/32']))).toEqual(['-198.51.100.2/32']);
  });

  test('only of the families that were negotiated', () => {
    expect(established(all, onlyIPv4).receiver.table).not.toHaveProperty('2001:db8::1/128');
  });

  test('is given all again after the one before ended', () => {
    const play = established(all);
    play.on({ kind: 'ended' });
    expect(play.want(all)).toEqual([]);
    play.receiver.held.IPv4.clear();
    play.receiver.held.IPv6.clear();
    expect(play.establish()).toEqual(told);
  });
});

describe('U5: changes', () => {
  const before = routes([{}, '198.51.100.1/32 198.51.100.2/32 2001:db8::1/128']);

  test('nothing is sent when nothing changed', () => {
    const play = established(before);
    expect(play.want(before)).toEqual([]);
    expect(play.want(routes([{ communities: [] }, '198.51.100.2/32 2001:db8::1/128 198.51.100.1/32']))).toEqual([]);
    expect(play.on(free(65_536))).toEqual([]);
  });

  test('withdrawals go first, of all families', () => {
    expect(established(before).want(routes([{}, '198.51.100.2/32 198.51.100.0/24 2001:db8::/64']))).toEqual([
      '-198.51.100.1/32',
      '-2001:db8::1/128',
      '+198.51.100.0/24',
      '+2001:db8::/64',
    ]);
  });

  test('a withdrawal goes before announcements that are still to be made', () => {
    const play = established(before, onlyIPv4);
    play.on(free(1));
    const many = Array.from({ length: 2_000 }, (_, index) => `203.0.${index >> 8}.${index & 255}/32`);
    expect(play.want(routes([{}, ['198.51.100.1/32', '198.51.100.2/32', ...many].join(' ')])).length).toBe(810);
    play.want(routes([{}, ['198.51.100.1/32', ...many].join(' ')]));
    expect(play.on(free(1))).toEqual(['-198.51.100.2/32']);
  });

  test('other attributes are one announcement', () => {
    const play = established(before, onlyIPv4);
    const changed = routes([{}, '198.51.100.1/32'], [{ multiExitDisc: 7 }, '198.51.100.2/32']);
    expect(play.want(changed)).toEqual(['+198.51.100.2/32']);
    expect(play.receiver.table).toEqual({
      '198.51.100.1/32': 'origin path 64513 via 192.0.2.11',
      '198.51.100.2/32': 'origin path 64513 via 192.0.2.11 med 7',
    });
  });

  test('what a slow peer has not been told is not told when it is no longer so', () => {
    const play = established(before, onlyIPv4);
    play.on(free(0));
    expect(play.want(routes([{}, '198.51.100.1/32 198.51.100.2/32 203.0.113.0/24']))).toEqual([]);
    expect(play.want(routes([{}, '198.51.100.2/32']))).toEqual([]);
    expect(play.want(before)).toEqual([]);
    expect(play.on(free(65_536))).toEqual([]);
  });
});

/** The receiver asked, so hearing it again is no surprise. */
function asked(play: OutPlay, event: AdjRibOutEvent = refreshIPv4): readonly string[] {
  for (const prefix of play.receiver.held.IPv4.keys()) play.receiver.held.IPv4.set(prefix, '');
  return play.on(event);
}

describe('C8: a refresh', () => {
  const table = routes([{}, '198.51.100.1/32 2001:db8::1/128']);

  test('tells the family again', () => {
    expect(asked(established(table))).toEqual(['+198.51.100.1/32']);
  });

  test('is marked where both can do that', () => {
    const told = established(table, enhanced).on(refreshIPv4);
    expect(told).toEqual(['begin refresh IPv4', '+198.51.100.1/32', 'end refresh IPv4']);
  });

  test('of a family that was not negotiated is ignored', () => {
    expect(established(table, onlyIPv4).on({ kind: 'refresh', family: 'IPv6' })).toEqual([]);
  });

  test('waits for the end of the initial table when it is marked', () => {
    const play = new OutPlay();
    play.want(table);
    expect(play.establish(0, enhanced)).toEqual([]);
    expect(play.on(refreshIPv4, refreshIPv4)).toEqual([]);
    expect(play.on(free(65_536))).toEqual([
      '+198.51.100.1/32',
      'end IPv4',
      '+2001:db8::1/128',
      'end IPv6',
      'begin refresh IPv4',
      '+198.51.100.1/32',
      'end refresh IPv4',
    ]);
  });

  test('that comes while one is running follows it', () => {
    const play = established(table, enhanced);
    play.on(free(1));
    expect(play.on(refreshIPv4)).toEqual(['begin refresh IPv4']);
    expect(play.on(refreshIPv4, refreshIPv4)).toEqual([]);
    expect(play.on(free(65_536))).toEqual([
      '+198.51.100.1/32',
      'end refresh IPv4',
      'begin refresh IPv4',
      '+198.51.100.1/32',
      'end refresh IPv4',
    ]);
  });

  test('goes on through changes, and tells nothing twice', () => {
    const play = established(
      routes([{}, '198.51.100.1/32 198.51.100.2/32'], [{ multiExitDisc: 1 }, '198.51.100.3/32']),
      enhanced,
    );
    play.on(free(1), refreshIPv4);
    expect(play.on(free(1))).toEqual(['+198.51.100.1/32', '+198.51.100.2/32']);
    expect(
      play.want(routes([{}, '198.51.100.1/32 198.51.100.4/32'], [{ multiExitDisc: 1 }, '198.51.100.3/32'])),
    ).toEqual([]);
    expect(play.on(free(65_536))).toEqual([
      '-198.51.100.2/32',
      '+198.51.100.4/32',
      '+198.51.100.3/32',
      'end refresh IPv4',
    ]);
  });
});

function moved(nextHop: Uint8Array | 'noIPv6NextHop'): AdjRibOutEvent {
  return {
    kind: 'readdressed',
    session: { ...session, families: new Map(session.families).set('IPv6', { form: 'multiprotocol', nextHop }) },
  };
}

describe('§8: next hops', () => {
  const table = routes([{}, '198.51.100.1/32 2001:db8::1/128']);

  test('another one is told, of its family only', () => {
    expect(established(table).on(moved(Uint8Array.from({ length: 16 }, () => 0x20)))).toEqual(['+2001:db8::1/128']);
  });

  test('the same one is not', () => {
    expect(established(table).on({ kind: 'readdressed', session: { ...session } })).toEqual([]);
  });

  test('a lost one withdraws, and what is withheld is told once', () => {
    const play = established(table);
    expect(play.on(moved('noIPv6NextHop'))).toEqual(['-2001:db8::1/128']);
    play.want(table);
    play.on(moved('noIPv6NextHop'));
    const told = play.effects.filter(({ kind }) => kind === 'withheld');
    expect(told).toEqual([{ kind: 'withheld', withheld: [{ family: 'IPv6', reason: 'noIPv6NextHop', prefixes: 1 }] }]);
    expect(play.on({ kind: 'readdressed', session })).toEqual(['+2001:db8::1/128']);
    expect(play.effects.at(-2)).toEqual({ kind: 'withheld', withheld: [] });
  });
});

describe('§6: attributes without room for a prefix', () => {
  const communities = Array.from({ length: 1_100 }, (_, index) => index);
  const table = routes([{ communities }, '198.51.100.1/32'], [{}, '198.51.100.2/32']);

  test('take a long message where the peer reads one', () => {
    const told = established(table, { ...onlyIPv4, extendedMessage: true }).receiver;
    expect(Object.keys(told.table)).toEqual(['198.51.100.1/32', '198.51.100.2/32']);
  });

  test('are withheld where it does not', () => {
    const play = established(table, onlyIPv4);
    expect(Object.keys(play.receiver.table)).toEqual(['198.51.100.2/32']);
    expect(play.effects).toContainEqual({
      kind: 'withheld',
      withheld: [{ family: 'IPv4', reason: 'attributesTooLong', prefixes: 1 }],
    });
    expect(play.want(routes([{ communities }, '198.51.100.1/32 198.51.100.2/32']))).toEqual(['-198.51.100.2/32']);
  });
});

const shown = (table: RouteTable, to: OutSession = onlyIPv4): string | undefined => {
  const play = new OutPlay(new RouteReceiver({ ...(to.internal ? internal : external), fourOctetAs: to.fourOctetAs }));
  play.want(table);
  play.establish(65_536, to);
  return play.receiver.table['198.51.100.1/32'];
};

describe('U1: attributes', () => {
  const inside: OutSession = { ...onlyIPv4, internal: true };

  test.each([
    ['eBGP', {}, onlyIPv4, 'origin path 64513 via 192.0.2.11'],
    ['eBGP, prepended', { asPathPrepend: 2 }, onlyIPv4, 'origin path 64513 64513 64513 via 192.0.2.11'],
    ['eBGP, MED', { multiExitDisc: 0, localPref: 5 }, onlyIPv4, 'origin path 64513 via 192.0.2.11 med 0'],
    ['iBGP', { asPathPrepend: 2 }, inside, 'origin path  via 192.0.2.11 pref 100'],
    [
      'U10: iBGP, before shutdown',
      beforeShutdown(plainAttributes),
      inside,
      'origin path  via 192.0.2.11 pref 0 communities 4294901760',
    ],
    [
      'U9: sorted and each once',
      { communities: [7, 5, 7] },
      onlyIPv4,
      'origin path 64513 via 192.0.2.11 communities 5 7',
    ],
    [
      'U9: all kinds',
      {
        communities: [1],
        extendedCommunities: [2n],
        largeCommunities: [{ globalAdministrator: 1, localData1: 2, localData2: 3 }],
      },
      onlyIPv4,
      'origin path 64513 via 192.0.2.11 communities 1 extendedCommunities largeCommunities',
    ],
    [
      'C3: a large AS number for a two-octet peer',
      { largeCommunities: [{ globalAdministrator: 1, localData1: 2, localData2: 3 }] },
      { ...onlyIPv4, fourOctetAs: false, localAsn: 4_200_000_001 },
      'origin path 23456 via 192.0.2.11 as4Path largeCommunities',
    ],
    [
      'C3: a small AS number for a two-octet peer',
      {},
      { ...onlyIPv4, fourOctetAs: false },
      'origin path 64513 via 192.0.2.11',
    ],
  ] as const)('%s', (_, attributes, to, expected) => {
    expect(shown(routes([attributes, '198.51.100.1/32']), to)).toBe(expected);
  });

  test('a segment holds 255 AS numbers', () => {
    expect(shown(routes([{ asPathPrepend: 300 }, '198.51.100.1/32']))?.split('64513').length).toBe(302);
  });
});

/** What a peer holds that has always been told at once. */
function directly(desired: RouteTable): Readonly<Record<string, string>> {
  return established(desired, enhanced).receiver.table;
}

describe('any changes of mind and any connection', () => {
  const pool = [
    ...Array.from({ length: 30 }, (_, index) => `198.51.100.${index}/32`),
    ...Array.from({ length: 10 }, (_, index) => `2001:db8::${index}/128`),
  ];
  /** So many that a message has room for a few prefixes only. */
  const largeCommunities = Array.from({ length: 335 }, (_, localData1) => ({
    globalAdministrator: 64_513,
    localData1,
    localData2: 0,
  }));
  const table = fc
    .array(fc.option(fc.nat(2), { freq: 3 }), { minLength: pool.length, maxLength: pool.length })
    .map((sets) => {
      const of = (set: number): string => pool.filter((_, index) => sets[index] === set).join(' ');
      return routes([{}, of(0)], [{ multiExitDisc: 1 }, of(1)], [{ largeCommunities }, of(2)]);
    });
  const refresh = fc.constantFrom<AdjRibOutEvent>(refreshIPv4, { kind: 'refresh', family: 'IPv6' });
  const event: fc.Arbitrary<AdjRibOutEvent> = fc.oneof(
    fc.record({ kind: fc.constant('desired' as const), routes: table, complete: fc.constant(true) }),
    fc.record({ kind: fc.constant('drained' as const), octetsFree: fc.constantFrom(0, 1, 1, 60, 5_000) }),
  );

  test.each([
    ['without refreshes', event],
    ['with refreshes', fc.oneof({ weight: 5, arbitrary: event }, { weight: 1, arbitrary: refresh })],
  ])('the peer ends with what was desired last, and is told nothing that it knows: %s', (_, events) => {
    fc.assert(
      fc.property(table, fc.array(events, { maxLength: 25 }), table, (first, between, last) => {
        const play = new OutPlay();
        play.establish(0, enhanced);
        play.want(first);
        play.on(...between);
        play.want(last);
        play.on(free(1_000_000));
        const expected = directly(last);
        expect(play.receiver.table).toEqual(expected);
        expect(play.on(free(1_000_000))).toEqual([]);
        expect(play.want(routes())).toHaveLength(Object.keys(expected).length);
        expect(play.receiver.table).toEqual({});
      }),
      { numRuns: 40 },
    );
  });
});

test('a session over IPv6 with IPv4 routes uses MP_REACH_NLRI and MP_UNREACH_NLRI for both', () => {
  const nextHop = Uint8Array.from({ length: 16 }, () => 0x20);
  const to: OutSession = { ...session, families: new Map([['IPv4', { form: 'multiprotocol', nextHop }]]) };
  const play = established(routes([{}, '198.51.100.1/32']), to);
  expect(play.receiver.table).toEqual({ '198.51.100.1/32': `via ${'20'.repeat(16)} origin path 64513` });
  expect(play.want(routes())).toEqual(['-198.51.100.1/32']);
  expect(ipv4NextHop).not.toEqual(nextHop);
});
