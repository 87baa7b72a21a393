import { expect, test } from 'vitest';
import { routerProblems } from '#speaker/routing/router-problems.ts';
import { peerSession } from '../bgp/session-stage.ts';
import { peers } from '../desired/bgp/manifests.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';
import { ip } from '../views.ts';

const unnumbered = peers(['router', { peerAddress: '', interface: 'eth1' }]);
const ready = network([ethernet(2, 'eth1')], [address(2, 'fe80::11', 64)]);
const crowd = [{ interface: 'eth1', ip: ip('fe80::1'), others: [ip('fe80::2')] }];

test('two routers on the link of an unnumbered peer are a problem that names both', () => {
  const [problem] = routerProblems(unnumbered, [peerSession()], { network: ready, routers: crowd });
  expect(problem).toMatchObject({ object: { kind: 'BGPPeer', name: 'router' }, reason: 'SeveralRouters' });
  expect(problem?.message).toMatch(/fe80::1 and fe80::2/);
});

test('a link that cannot be spoken on is one that says what to do', () => {
  const down = network([ethernet(2, 'eth1', { up: false })], [address(2, 'fe80::11', 64)]);
  expect(routerProblems(unnumbered, [peerSession()], { network: down, routers: [] })).toMatchObject([
    { reason: 'InterfaceUnusable', message: expect.stringContaining('ip link set eth1 up') },
  ]);
});

test('one router is none, nor is a link without a peer, nor a peer that this node has no session with', () => {
  const alone = [{ interface: 'eth1', ip: ip('fe80::1'), others: [] }];
  expect(routerProblems(unnumbered, [peerSession()], { network: ready, routers: alone })).toEqual([]);
  expect(routerProblems(peers(['router']), [peerSession()], { network: ready, routers: crowd })).toEqual([]);
  expect(routerProblems(unnumbered, [], { network: ready, routers: crowd })).toEqual([]);
});
