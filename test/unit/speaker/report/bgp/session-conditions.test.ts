import { expect, test } from 'vitest';
import { errorIn, problemOf, warningIn, type Fault } from '#shared/config/problem.ts';
import type { PeerView } from '#speaker/bgp-view.ts';
import { notListening, peersEstablished } from '#speaker/report/bgp/session-conditions.ts';
import { bgpView, negotiated, observedBfd, peerView, sessionStatus } from './views.ts';

const down = (name: string, lastError?: string): PeerView =>
  peerView({ name, session: sessionStatus({ name, state: 'Active', negotiated: undefined, lastError }) });
const problem = (name: string, fault: Fault) =>
  problemOf('BGPPeer', { namespace: 'metallb-system', name, uid: `uid-${name}` }, fault);

test('all peers have a session: since when, and what was agreed on', () => {
  expect(peersEstablished(bgpView({ peers: [peerView()] }))).toEqual([
    {
      type: 'PeersEstablished',
      status: 'True',
      reason: 'AllEstablished',
      message: '1/1: router: Established since 1970-01-01T00:00:01Z, AS 64512, hold 9 s, IPv4',
    },
  ]);
});

test('everything that a session may have is told', () => {
  const agreed = {
    ...negotiated,
    families: ['IPv4', 'IPv6'],
    holdTimeMs: 0,
    extendedNextHop: true,
    peerKeepsRoutes: true,
  } as const;
  const session = sessionStatus({ negotiated: agreed });
  const [told] = peersEstablished(
    bgpView({ peers: [peerView({ session, bfdProfile: 'fast', bfd: observedBfd({ state: 'down' }) })] }),
  );
  expect(told?.message).toMatch(
    /AS 64512, no keepalives, IPv4 and IPv6, extended next hop, graceful restart, BFD down$/,
  );
});

test('those without a session come first, with the last reason', () => {
  const problems = [
    problem('refused', errorIn('spec.vrf', 'MissingVRF', 'there is no such VRF')),
    problem('a', warningIn('spec.peerAddress', 'peerNotOnLink', 'told elsewhere')),
  ];
  const peers = [
    peerView({ name: 'a' }),
    down('b', 'hold timer expired'),
    down('c'),
    peerView({ name: 'd', remote: undefined, device: 'eth1', session: sessionStatus({ state: 'Idle' }) }),
  ];
  const [told] = peersEstablished(bgpView({ peers, problems }));
  expect(told).toMatchObject({ status: 'False', reason: 'NotAllEstablished' });
  expect(told?.message.split('; ')).toEqual([
    '1/5: b: hold timer expired',
    'c: not established yet',
    'd: no router has been heard on eth1',
    'refused: there is no such VRF',
    expect.stringMatching(/^a: Established since/),
  ]);
});

/** Each change of words is a write, on every node. */
test('nothing in it changes while a peer is tried again and again', () => {
  const told = (['Idle', 'Connect', 'Active'] as const).map((state, at) =>
    peersEstablished(
      bgpView({ peers: [peerView({ session: sessionStatus({ state, sinceMs: at, lastError: 'no route' }) })] }),
    ),
  );
  expect(told[1]).toEqual(told[0]);
  expect(told[2]).toEqual(told[0]);
});

test('many peers are cut to a number', () => {
  const peers = Array.from({ length: 100 }, (_, at) => down(`p${at}`, 'no route'));
  const [told] = peersEstablished(bgpView({ peers }));
  expect(told?.message).toMatch(/^0\/100: p0: no route; .* and 36 more$/);
});

test('without peers there is nothing to tell; while another process runs BGP it is unknown', () => {
  expect(peersEstablished(bgpView({ phase: 'idle' }))).toEqual([]);
  const waiting = bgpView({ phase: 'waiting', peers: [peerView({ session: undefined })] });
  expect(peersEstablished(waiting)).toMatchObject([{ status: 'Unknown', reason: 'Waiting' }]);
});

test('addresses that cannot be listened on are told', () => {
  expect(notListening(bgpView())).toEqual([]);
  const [told] = notListening(bgpView({ listenFailures: ['192.0.2.11: address in use'] }));
  expect(told).toMatchObject({
    type: 'BGPNotListening',
    message: expect.stringContaining('192.0.2.11: address in use'),
  });
});
