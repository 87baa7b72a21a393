import { describe, expect, test } from 'vitest';
import type { BFDProfile } from '#shared/config/bfd-profile.ts';
import { parseConfiguration } from '#shared/config/configuration.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { BfdFinder, wantedBfd } from '#speaker/routing/wanted-bfd.ts';
import type { ObservedBfd, WantedBfd } from '#speaker/seam.ts';
import { bfdProfile, byKey } from '../../shared/config/objects.ts';
import { peerSession } from '../bgp/session-stage.ts';
import { ip, observedBfd } from '../views.ts';

const near = { isOnLink: (address: string) => address.startsWith('192.0.2.') };
const far = ip('198.51.100.1');

const profiles = (specs: Readonly<Record<string, object>>): readonly BFDProfile[] =>
  parseConfiguration(
    { bfdProfiles: byKey(...Object.entries(specs).map(([name, spec]) => bfdProfile(name, spec))) },
    undefined,
  ).bfdProfiles;

function watched(name: string, fields: Parameters<typeof peerSession>[0] = {}, profile = 'usual'): PeerSession {
  return { ...peerSession({ name, ...fields }), bfdProfile: profile };
}

const wanted = (...sessions: readonly PeerSession[]): readonly WantedBfd[] =>
  wantedBfd(
    sessions,
    profiles({ usual: {}, fast: { transmitInterval: 100, minimumTtl: 250, passiveMode: true } }),
    near,
  );

test('a neighbour is watched as its profile says, with what is absent as MetalLB has it', () => {
  expect(wanted(watched('router'))).toEqual([
    {
      remote: '192.0.2.1',
      local: undefined,
      device: undefined,
      multihop: false,
      transmitIntervalMs: 300,
      receiveIntervalMs: 300,
      detectMultiplier: 3,
      passive: false,
      leastHopLimit: 255,
    },
  ]);
});

describe('who is more than one hop away', () => {
  test.each<[string, Parameters<typeof peerSession>[0], boolean, number]>([
    ['an eBGP peer', { transport: { remote: far } }, false, 255],
    ['an eBGP peer with ebgpMultiHop', { transport: { remote: far, hopLimit: 64 } }, true, 254],
    ['an eBGP peer with ttlSecurity 1', { transport: { hopLimit: 255, leastHopLimit: 255 } }, false, 255],
    ['an eBGP peer with ttlSecurity 2', { transport: { hopLimit: 255, leastHopLimit: 254 } }, true, 254],
    ['an iBGP peer on the link', { config: { peerAsn: 64_513 }, transport: { hopLimit: 64 } }, false, 255],
    [
      'an iBGP peer elsewhere',
      { config: { peerAsn: 'internal' }, transport: { hopLimit: 64, remote: far } },
      true,
      254,
    ],
    [
      'an unnumbered peer',
      {
        config: { linkLocalNextHop: true, peerAsn: 'internal' },
        transport: { remote: ip('fe80::1'), device: 'eth1', hopLimit: 64 },
      },
      false,
      255,
    ],
  ])('%s', (_, fields, multihop, leastHopLimit) => {
    expect(wanted(watched('router', fields))).toMatchObject([{ multihop, leastHopLimit }]);
  });
});

test('nobody is watched without a profile, one that exists, and an address', () => {
  const unheard = peerSession({ transport: { remote: undefined } });
  expect(wanted(peerSession(), watched('other', {}, 'gone'), { ...unheard, bfdProfile: 'usual' })).toEqual([]);
});

describe('of those that there are a session is watched by', () => {
  const here = observedBfd({ state: 'up' });
  const elsewhere = observedBfd({ local: ip('192.0.2.12') });
  const others = [
    observedBfd({ device: 'red' }),
    observedBfd({ multihop: true }),
    observedBfd({ remote: ip('192.0.2.2') }),
  ];
  const finder = new BfdFinder([...others, elsewhere, here], near);

  test.each<[string, PeerSession, ObservedBfd | undefined]>([
    ['the one from its source address', watched('router', { transport: { local: ip('192.0.2.11') } }), here],
    ['any on its path', watched('router'), elsewhere],
    ['none in another VRF', watched('router', { transport: { device: 'blue' } }), undefined],
    ['none without a profile', peerSession(), undefined],
  ])('%s', (_, session, found) => {
    expect(finder.of(session)).toBe(found);
  });
});
