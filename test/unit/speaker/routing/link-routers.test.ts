import { expect, test } from 'vitest';
import { linkRouters } from '#speaker/routing/link-routers.ts';
import { peerSession } from '../bgp/session-stage.ts';
import { ip } from '../views.ts';

const unnumbered = peerSession({
  config: { linkLocalNextHop: true },
  transport: { remote: undefined, device: 'eth1' },
});
const heard = [{ interface: 'eth1', ip: ip('fe80::1'), others: [] }];
const addresses = { local: ip('fe80::11'), remote: ip('fe80::2') };

const away = { name: 'router', addresses: undefined };
const met = { name: 'router', addresses };

test('a router is the one that is heard, until there is a session with another', () => {
  expect([...linkRouters(heard, [unnumbered], [away])]).toEqual([['eth1', 'fe80::1']]);
  expect([...linkRouters(heard, [unnumbered], [met])]).toEqual([['eth1', 'fe80::2']]);
  expect([...linkRouters([], [unnumbered], [met])]).toEqual([['eth1', 'fe80::2']]);
});

test('a peer with an address says nothing of a link', () => {
  expect([...linkRouters([], [peerSession({ transport: { device: 'red' } })], [met])]).toEqual([]);
});
