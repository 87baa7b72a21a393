import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { desiredPeers, type DesiredPeers, type PeerInputs } from '#speaker/desired/bgp/peers.ts';
import { ip, node } from '../../views.ts';
import { peers } from './manifests.ts';

const machine: PeerInputs['machine'] = {
  addresses: new Set([ip('192.0.2.11'), ip('2001:db8:b::11')]),
  isOnLink: (address) => address.startsWith('192.0.2.') || address.startsWith('2001:db8:b:'),
  vrfs: new Set(['red']),
  routersOf: new Map([['eth1', ip('fe80::1')]]),
};
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

function inputs(fields: Partial<PeerInputs> = {}): PeerInputs {
  return {
    thisNode: node('n1', { addresses: [ip('2001:db8:b::11'), ip('192.0.2.11')] }),
    peers: peers(['router']),
    bfdProfiles: new Set(['fast']),
    secrets: new Map([
      ['good', { password: octets('hunter2') }],
      ['empty', { password: octets('') }],
      ['absent', { password: undefined }],
      ['long', { password: octets('x'.repeat(81)) }],
    ]),
    machine,
    ignoreExcludeLabel: false,
    softwareVersion: 'Ingot/0.1.0',
    ...fields,
  };
}

const of = (spec: object): DesiredPeers => desiredPeers(inputs({ peers: peers(['router', spec]) }));
const brief = ({ problems }: DesiredPeers): readonly string[] =>
  problems.map(({ severity, object, field, reason }) => `${severity} ${object.name} ${field} ${reason}`);

test('a peer with nothing but what it must say', () => {
  expect(of({})).toEqual({
    sessions: [
      {
        name: 'router',
        config: {
          localAsn: 64_513,
          peerAsn: 64_512,
          bgpIdentifier: 0xc000_020b,
          holdTimeSeconds: undefined,
          keepaliveTimeMs: undefined,
          families: ['IPv4'],
          extendedNextHop: false,
          linkLocalNextHop: false,
          gracefulRestart: true,
          sendRole: false,
          hostName: 'n1',
          softwareVersion: 'Ingot/0.1.0',
          passive: false,
          connectRetryTimeMs: 10_000,
          delayOpenTimeMs: 0,
        },
        transport: {
          remote: '192.0.2.1',
          port: 179,
          local: undefined,
          device: undefined,
          hopLimit: 1,
          leastHopLimit: 1,
          password: undefined,
          userTimeoutMs: 485_000,
        },
        bfdProfile: undefined,
        linkBandwidth: false,
        prefixLimit: undefined,
      },
    ],
    problems: [],
  });
});

test.each<[string, object, object]>([
  ['AS numbers', { localASN: 65_000, peerASN: 65_001 }, { config: { localAsn: 65_000, peerAsn: 65_001 } }],
  ['an AS number to learn', { peerASN: 0, dynamicASN: 'external' }, { config: { peerAsn: 'external' } }],
  [
    'times',
    { holdTime: '300.9s', keepaliveTime: '1500ms', connectTime: '1m' },
    {
      config: { holdTimeSeconds: 300, keepaliveTimeMs: 1_500, connectRetryTimeMs: 60_000 },
      transport: { userTimeoutMs: 605_000 },
    },
  ],
  ['a router id', { routerID: '10.0.0.1' }, { config: { bgpIdentifier: 0x0a00_0001 } }],
  ['no graceful restart', { enableGracefulRestart: false }, { config: { gracefulRestart: false } }],
  [
    'both families over IPv4',
    { dualStackAddressFamily: true },
    { config: { families: ['IPv4', 'IPv6'], extendedNextHop: false } },
  ],
  [
    'both families over IPv6',
    { peerAddress: '2001:DB8:B::1', dualStackAddressFamily: true },
    { config: { families: ['IPv4', 'IPv6'], extendedNextHop: true }, transport: { remote: '2001:db8:b::1' } },
  ],
  [
    'IPv6 alone',
    { peerAddress: '2001:db8:b::1' },
    { config: { families: ['IPv6'], extendedNextHop: false, linkLocalNextHop: false } },
  ],
  [
    'an interface whose router is known',
    { peerAddress: '', interface: 'eth1' },
    {
      config: { families: ['IPv4', 'IPv6'], extendedNextHop: true, linkLocalNextHop: true },
      transport: { remote: 'fe80::1', device: 'eth1' },
    },
  ],
  [
    'an interface without a router',
    { peerAddress: '', interface: 'eth2' },
    { transport: { remote: undefined, device: 'eth2' } },
  ],
  ['a VRF', { vrf: 'red' }, { transport: { device: 'red' } }],
  [
    'a port and a source',
    { peerPort: 1179, sourceAddress: '192.0.2.11' },
    { transport: { port: 1179, local: '192.0.2.11' } },
  ],
  ['iBGP', { peerASN: 64_513 }, { transport: { hopLimit: 64, leastHopLimit: 1 } }],
  [
    'several hops',
    { ebgpMultiHop: true, peerAddress: '198.51.100.1' },
    { transport: { hopLimit: 64, leastHopLimit: 1 } },
  ],
  ['TTL security', { ttlSecurity: 2 }, { transport: { hopLimit: 255, leastHopLimit: 254 } }],
  ['a password', { password: 'hunter2' }, { transport: { password: octets('hunter2') } }],
  [
    'a Secret',
    { passwordSecret: { name: 'good', namespace: 'elsewhere' } },
    { transport: { password: octets('hunter2') } },
  ],
  ['BFD', { bfdProfile: 'fast' }, { bfdProfile: 'fast' }],
  ['an unknown BFD profile', { bfdProfile: 'slow' }, { bfdProfile: undefined }],
])('a peer with %s', (_, spec, expected) => {
  const { sessions, problems } = of(spec);
  expect(problems).toEqual([]);
  expect(sessions).toEqual([expect.objectContaining({ name: 'router' })]);
  expect(sessions[0]).toMatchObject(expected);
});

test.each<[object, string]>([
  [{ peerAddress: '' }, 'error router spec.peerAddress MissingAddress'],
  [{ peerASN: 0 }, 'error router spec.peerASN MissingASN'],
  [{ peerAddress: '192.0.2.11' }, 'error router spec.peerAddress PeerIsThisNode'],
  [{ sourceAddress: '192.0.2.12' }, 'error router spec.sourceAddress sourceAddressMissing'],
  [{ sourceAddress: '2001:db8:b::11' }, 'error router spec.sourceAddress sourceAddressMissing'],
  [{ vrf: 'blue' }, 'error router spec.vrf MissingVRF'],
  [{ peerASN: 64_513, ebgpMultiHop: true }, 'error router spec.ebgpMultiHop InternalMultiHop'],
  [{ passwordSecret: { name: 'unknown' } }, 'error router spec.passwordSecret PasswordSecret'],
  [{ passwordSecret: { name: 'empty' } }, 'error router spec.passwordSecret PasswordSecret'],
  [{ passwordSecret: { name: 'absent' } }, 'error router spec.passwordSecret PasswordSecret'],
  [{ passwordSecret: { name: 'long' } }, 'error router spec.passwordSecret PasswordTooLong'],
])('%j is refused', (spec, problem) => {
  const refused = of(spec);
  expect(refused.sessions).toEqual([]);
  expect(brief(refused)).toEqual([problem]);
  expect(refused.problems[0]?.message).not.toContain('hunter2');
});

test('a peer with a Secret waits until Secrets are known', () => {
  const waiting = desiredPeers(
    inputs({ peers: peers(['router', { passwordSecret: { name: 'good' } }]), secrets: undefined }),
  );
  expect(waiting.sessions).toEqual([]);
  expect(waiting.problems[0]?.message).toContain('Secret "good" is not known');
});

test('F16: a neighbour out of sight is warned about', () => {
  const far = of({ peerAddress: '198.51.100.1' });
  expect(far.sessions).toHaveLength(1);
  expect(brief(far)).toEqual(['warning router spec.peerAddress peerNotOnLink']);
});

describe('the sessions of a node', () => {
  test('are those of the peers that select it', () => {
    const some = peers(
      ['here', { nodeSelectors: [{ matchLabels: { rack: '1' } }] }],
      ['there', { peerAddress: '192.0.2.2', nodeSelectors: [{ matchLabels: { rack: '2' } }] }],
    );
    const { sessions } = desiredPeers(inputs({ peers: some, thisNode: node('n1', { labels: { rack: '1' } }) }));
    expect(sessions.map(({ name }) => name)).toEqual(['here']);
  });

  test('are one for one address, VRF and port: that of the older object', () => {
    const two = desiredPeers(inputs({ peers: peers(['old'], ['a new one'], ['port', { peerPort: 1179 }]) }));
    expect(two.sessions.map(({ name }) => name)).toEqual(['old', 'port']);
    expect(brief(two)).toEqual(['error a new one spec.peerAddress DuplicatePeer']);
  });

  test('are none on an excluded node, unless told otherwise', () => {
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
    const thisNode = node('n1', { labels });
    expect(desiredPeers(inputs({ thisNode })).sessions).toEqual([]);
    expect(desiredPeers(inputs({ thisNode, ignoreExcludeLabel: true })).sessions).toHaveLength(1);
  });

  test('are 512 at most', () => {
    const all = peers(...Array.from({ length: 513 }, (_, at) => [`p${at}`, { peerPort: at + 1 }] as const));
    const { sessions, problems } = desiredPeers(inputs({ peers: all }));
    expect(sessions).toHaveLength(512);
    expect(problems.map(({ object, reason }) => `${object.name} ${reason}`)).toEqual(['p512 TooManyPeers']);
  });

  test.each<[string, readonly Ip[], number]>([
    ['the first IPv4 address', [ip('2001:db8::1'), ip('10.0.0.7'), ip('10.0.0.8')], 0x0a00_0007],
    // FNV-1a of "n1".
    ['the name', [ip('2001:db8::1')], 0x0435_dc00],
  ])('have a BGP identifier made of %s', (_, addresses, expected) => {
    const { sessions } = desiredPeers(inputs({ thisNode: node('n1', { addresses }) }));
    expect(sessions[0]?.config.bgpIdentifier.toString(16)).toBe(expected.toString(16));
  });
});
