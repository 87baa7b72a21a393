import { describe, expect, test } from 'vitest';
import { parseConfiguration, type Configuration, type ConfigurationObjects } from '#shared/config/configuration.ts';
import { formatRange } from '#shared/net/range.ts';
import {
  bfdProfile,
  bgpAdvertisement,
  bgpPeer,
  brief,
  byKey,
  community,
  l2Advertisement,
  nothing,
  pool,
} from './objects.ts';

const illegal = [{ matchLabels: { 'a b': '' } }];

function parse(objects: ConfigurationObjects, previous?: Configuration): Configuration {
  return parseConfiguration({ ...nothing, ...objects }, previous);
}

function problems(objects: ConfigurationObjects): readonly string[] {
  return parse(objects).problems.map(brief);
}

test('nothing configured is nothing in force and nothing wrong', () => {
  expect(parse({})).toMatchObject({ pools: [], l2Advertisements: [], problems: [] });
});

test('pools and advertisements come in the order of their names', () => {
  const { pools, l2Advertisements } = parse({
    pools: byKey(pool('b', { addresses: ['192.0.2.0/25'] }), pool('a', { addresses: ['192.0.2.128/25'] })),
    l2Advertisements: byKey(l2Advertisement('d'), l2Advertisement('c')),
  });
  expect([...pools, ...l2Advertisements].map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
});

describe('names that do not exist', () => {
  test.each<[string, ConfigurationObjects, string]>([
    [
      'a pool, of an L2Advertisement',
      { l2Advertisements: byKey(l2Advertisement('a', { ipAddressPools: ['p'] })) },
      'warning L2Advertisement a spec.ipAddressPools[0] UnknownPool',
    ],
    [
      'a pool, of a BGPAdvertisement',
      { bgpAdvertisements: byKey(bgpAdvertisement('a', { ipAddressPools: ['p'] })) },
      'warning BGPAdvertisement a spec.ipAddressPools[0] UnknownPool',
    ],
    [
      'a peer',
      { bgpAdvertisements: byKey(bgpAdvertisement('a', { peers: ['p'] })) },
      'warning BGPAdvertisement a spec.peers[0] UnknownPeer',
    ],
    [
      'a community',
      { bgpAdvertisements: byKey(bgpAdvertisement('a', { communities: ['1:2', 'c'] })) },
      'error BGPAdvertisement a spec.communities[1] UnknownCommunity',
    ],
    [
      'a BFD profile',
      { bgpPeers: byKey(bgpPeer('a', { myASN: 1, peerASN: 2, peerAddress: '192.0.2.1', bfdProfile: 'b' })) },
      'warning BGPPeer a spec.bfdProfile UnknownBFDProfile',
    ],
  ])('are told: %s', (_, objects, expected) => {
    expect(problems(objects)).toEqual([expected]);
  });

  test('are not told by a daemon that does not read their kind', () => {
    const bgpAdvertisements = byKey(bgpAdvertisement('a', { peers: ['p'], communities: ['c'] }));
    expect(parseConfiguration({ bgpAdvertisements }, undefined).problems).toEqual([]);
  });

  test('are told no more once they exist', () => {
    expect(
      problems({
        pools: byKey(pool('p', { addresses: ['192.0.2.0/24'] })),
        l2Advertisements: byKey(l2Advertisement('a', { ipAddressPools: ['p'] })),
        bgpAdvertisements: byKey(bgpAdvertisement('a', { ipAddressPools: ['p'], peers: ['r'], communities: ['c'] })),
        bgpPeers: byKey(bgpPeer('r', { myASN: 1, peerASN: 2, peerAddress: '192.0.2.1', bfdProfile: 'b' })),
        bfdProfiles: byKey(bfdProfile('b')),
        communities: byKey(community('x', { communities: [{ name: 'c', value: '1:2' }] })),
      }),
    ).toEqual([]);
  });

  test('of a pool with errors do exist', () => {
    const pools = byKey(pool('p', { addresses: ['x'] }));
    const l2Advertisements = byKey(l2Advertisement('a', { ipAddressPools: ['p'] }));
    expect(problems({ pools, l2Advertisements })).toEqual(['error IPAddressPool p spec.addresses[0] InvalidAddresses']);
  });
});

test('echo mode of a BFD profile is warned about', () => {
  const bfdProfiles = byKey(bfdProfile('a', { echoMode: true }), bfdProfile('b', { echoMode: false }));
  expect(problems({ bfdProfiles })).toEqual(['warning BFDProfile a spec.echoMode EchoNotImplemented']);
});

test('an aggregate wider than a pool is told', () => {
  const pools = byKey(pool('p', { addresses: ['198.51.100.0/28'] }));
  const bgpAdvertisements = byKey(bgpAdvertisement('a', { aggregationLength: 26 }));
  expect(problems({ pools, bgpAdvertisements })).toEqual([
    'error BGPAdvertisement a spec.aggregationLength InvalidAggregation',
  ]);
});

test('pools that overlap are told', () => {
  const pools = byKey(pool('x', { addresses: ['192.0.2.0/24'] }), pool('y', { addresses: ['192.0.2.7/32'] }));
  expect(problems({ pools })).toEqual([
    'error IPAddressPool x spec.addresses AddressOverlap',
    'error IPAddressPool y spec.addresses AddressOverlap',
  ]);
});

test('errors come before warnings', () => {
  const { problems: found } = parse({
    l2Advertisements: byKey(
      l2Advertisement('a', { ipAddressPools: ['p'] }),
      l2Advertisement('b', { nodeSelectors: illegal }),
    ),
  });
  expect(found.map(({ severity }) => severity)).toEqual(['error', 'warning']);
});

describe('the last good version', () => {
  const good = byKey(l2Advertisement('a', { interfaces: ['eth0'] }));
  const bad = byKey(l2Advertisement('a', { interfaces: ['eth1'], nodeSelectors: illegal }));

  test('of an advertisement stays in force while the present one has errors', () => {
    const first = parse({ l2Advertisements: good });
    const second = parse({ l2Advertisements: bad }, first);
    expect(second.l2Advertisements).toEqual(first.l2Advertisements);
    expect(second.problems.map(brief)).toEqual([
      'error L2Advertisement a spec.nodeSelectors[0].matchLabels InvalidSelector',
    ]);
    const third = parse({ l2Advertisements: byKey(l2Advertisement('a', 'no spec')) }, second);
    expect(third.l2Advertisements).toEqual(first.l2Advertisements);
    const repaired = parse({ l2Advertisements: byKey(l2Advertisement('a', { interfaces: ['eth2'] })) }, third);
    expect(repaired).toMatchObject({ l2Advertisements: [{ interfaces: ['eth2'] }], problems: [] });
  });

  test('is forgotten with the object', () => {
    const first = parse({ l2Advertisements: good });
    const gone = parse({ l2Advertisements: byKey() }, first);
    expect(parse({ l2Advertisements: bad }, gone).l2Advertisements).toEqual([]);
  });

  test('is not that of a namesake', () => {
    const first = parse({ l2Advertisements: good });
    const namesake = byKey(l2Advertisement('a', { nodeSelectors: illegal }, { uid: 'another' }));
    expect(parse({ l2Advertisements: namesake }, first).l2Advertisements).toEqual([]);
  });

  test('does not exist after a restart: the advertisement counts as absent', () => {
    expect(parse({ l2Advertisements: bad }).l2Advertisements).toEqual([]);
  });

  test('of a pool does not count: what is legal of the present one does, and it is frozen', () => {
    const first = parse({ pools: byKey(pool('p', { addresses: ['192.0.2.0/24'] })) });
    const second = parse({ pools: byKey(pool('p', { addresses: ['198.51.100.0/24', 'x'] })) }, first);
    expect(second.pools.map(({ ranges }) => ranges.map(formatRange))).toEqual([['198.51.100.0/24']]);
    expect(second.pools[0]?.frozen).toContain('spec.addresses[1]');
  });

  test('is also kept over warnings: they do not hinder the present one', () => {
    const first = parse({ l2Advertisements: good });
    const warned = byKey(l2Advertisement('a', { interfaces: ['eth1'], ipAddressPools: ['p'] }));
    expect(parse({ l2Advertisements: warned }, first).l2Advertisements).toMatchObject([{ interfaces: ['eth1'] }]);
  });
});

describe('what did not change', () => {
  const pools = byKey(pool('p', { addresses: ['192.0.2.0/24'] }), pool('q', { addresses: ['198.51.100.0/24'] }));

  test('is not parsed again: the same objects give the same configuration', () => {
    const first = parse({ pools });
    expect(parse({ pools: new Map(pools) }, first)).toBe(first);
  });

  test('keeps its parsed form beside what did', () => {
    const first = parse({ pools });
    const changed = new Map([...pools, ...byKey(pool('q', { addresses: ['203.0.113.0/24'] }))]);
    const second = parse({ pools: changed }, first);
    expect(second.pools[0]).toBe(first.pools[0]);
    expect(second.pools[1]).not.toBe(first.pools[1]);
  });

  test('does not hide that an object is gone', () => {
    const first = parse({ pools });
    const [kept] = [...pools.values()];
    if (kept === undefined) throw new Error('no pool');
    expect(parse({ pools: byKey(kept) }, first).pools.map(({ name }) => name)).toEqual(['p']);
  });
});
