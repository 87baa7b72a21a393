import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BGPPeerSpec } from '#shared/api/bgp-peer.ts';
import { parseConfiguration } from '#shared/config/configuration.ts';
import type { ConfigObject } from '#shared/config/object.ts';
import { bgpPeer, brief, byKey } from './objects.ts';

type Peer = ConfigObject<BGPPeerSpec>;

function peer(name: string, spec: object = {}, created = 0): Peer {
  return bgpPeer(name, { myASN: 1, peerASN: 2, peerAddress: '192.0.2.1', ...spec }, { created });
}

function problems(...peers: readonly Peer[]): readonly string[] {
  return parseConfiguration({ bgpPeers: byKey(...peers) }, undefined).problems.map(brief);
}

const rack = (name: string): object => ({ nodeSelectors: [{ matchLabels: { rack: name } }] });
const duplicate = (name: string): string => `error BGPPeer ${name} spec.peerAddress DuplicatePeer`;

test.each([
  ['of one address: the younger', peer('old'), peer('new', {}, 1), ['new']],
  ['of one address and age: that of the higher uid', peer('b'), peer('a'), ['b']],
  [
    'of one address in two spellings',
    peer('old', { peerAddress: '2001:DB8::1' }),
    peer('new', { peerAddress: '2001:db8:0::1' }, 1),
    ['new'],
  ],
  [
    'of one interface',
    peer('old', { peerAddress: '', interface: 'eth0' }),
    peer('new', { peerAddress: '', interface: 'eth0' }, 1),
    ['new'],
  ],
  ['of two addresses', peer('old'), peer('new', { peerAddress: '192.0.2.2' }, 1), []],
  ['of two ports', peer('old'), peer('new', { peerPort: 1179 }, 1), []],
  ['of two VRFs', peer('old'), peer('new', { vrf: 'red' }, 1), []],
  ['without addresses', peer('old', { peerAddress: '' }), peer('new', { peerAddress: '' }, 1), []],
  ['of the same nodes', peer('old', rack('1')), peer('new', rack('1'), 1), ['new']],
  ['of some nodes and all', peer('old', rack('1')), peer('new', {}, 1), ['new']],
  ['of all nodes and some', peer('old'), peer('new', rack('1'), 1), ['new']],
  ['of nodes that may differ', peer('old', rack('1')), peer('new', rack('2'), 1), []],
])('peers %s', (_, first, second, named) => {
  expect(problems(first, second)).toEqual(named.map(duplicate));
  expect(problems(second, first)).toEqual(named.map(duplicate));
});

test.each([
  [{ holdTime: '0s' }, 'warning BGPPeer a spec.holdTime NoKeepalives'],
  [{ holdTime: '0.5s' }, 'warning BGPPeer a spec.holdTime NoKeepalives'],
  [{ holdTime: 'soon' }, 'error BGPPeer a spec.holdTime InvalidDuration'],
  [{ keepaliveTime: '-1s' }, 'error BGPPeer a spec.keepaliveTime InvalidDuration'],
  [{ connectTime: '10' }, 'error BGPPeer a spec.connectTime InvalidDuration'],
  [{ disableMP: true }, 'warning BGPPeer a spec.disableMP Ignored'],
  [{ password: 'hunter2' }, 'warning BGPPeer a spec.password PlainPassword'],
  [{ peerAddress: 'router' }, 'error BGPPeer a spec.peerAddress InvalidAddress'],
  [{ sourceAddress: '192.0.2.256' }, 'error BGPPeer a spec.sourceAddress InvalidAddress'],
  [
    { nodeSelectors: [{ matchLabels: { 'a b': '' } }] },
    'error BGPPeer a spec.nodeSelectors[0].matchLabels InvalidSelector',
  ],
])('a peer with %j is told', (spec, expected) => {
  expect(problems(peer('a', spec))).toEqual([expected]);
});

test('a peer with nothing unusual is not told', () => {
  const spec = { holdTime: '3s', keepaliveTime: '1s', connectTime: '10s', sourceAddress: '192.0.2.2', password: '' };
  expect(problems(peer('a', spec))).toEqual([]);
});

test('no problem shows a password', () => {
  fc.assert(
    fc.property(fc.anything(), (other) => {
      const spec = { password: 'hunter2', holdTime: other, vrf: other, peerAddress: 'hunter' };
      const { problems: found } = parseConfiguration({ bgpPeers: byKey(bgpPeer('a', spec)) }, undefined);
      expect(JSON.stringify(found)).not.toContain('hunter2');
    }),
  );
});
