import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { keepalive } from '#speaker/bgp/message.ts';
import { encodeNlri } from '#speaker/bgp/nlri.ts';
import { cease } from '#speaker/bgp/notification.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { meet, table, update } from './met-router.ts';
import { external, hex, prefix } from './octets.ts';
import { routes } from './out-play.ts';
import { routerOpen } from './peer-play.ts';
import { PlayedRouter } from './played-router.ts';
import { peerSession, Stage } from './session-stage.ts';

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
/** More than the kernels and we ourselves hold for a peer that does not read. */
const many = Array.from({ length: 25_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`);
const bothFamilies = routerOpen({
  capabilities: [
    { kind: 'multiprotocol', afi: 1, safi: 1 },
    { kind: 'multiprotocol', afi: 2, safi: 1 },
    { kind: 'fourOctetAs', asn: 64_512 },
  ],
});

/** OPEN octet by octet, and everything else at once. */
function answerInOtherSegments(router: PlayedRouter): void {
  router.send(router.open, 1);
  router.send(Buffer.concat([keepalive, update({ nlri: encodeNlri([prefix('203.0.113.0/24')]) }), keepalive]));
}

function refresh(subtype: number): Uint8Array {
  return encodeMessage({ kind: 'routeRefresh', afi: 1, safi: 1, subtype, filters: new Uint8Array(0) }, external);
}

describe('a session', () => {
  test('comes up, tells its routes and their end, and stays', () => {
    const { stage, router, session } = meet();
    expect(router.heard).toEqual(['OPEN', 'KEEPALIVE', 'UPDATE', 'UPDATE']);
    expect(Object.keys(router.receiver.table)).toEqual(['198.51.100.1/32', '198.51.100.2/32']);
    stage.clock.advance(60_000);
    expect(session.status).toMatchObject({
      name: 'router',
      state: 'Established',
      addresses: { local: '192.0.2.11', remote: '192.0.2.1' },
      negotiated: { holdTimeMs: 9_000, peerAsn: 64_512 },
      lastError: undefined,
      isSynced: true,
      prefixes: { IPv4: 2, IPv6: 0 },
      held: table,
      pendingPrefixes: 0,
      refused: { shortHoldRefused: false, omitted: [] },
      unsentOctets: 0,
      counters: { sent: { open: 1, update: 2 }, received: { open: 1 } },
    });
    expect(session.status.sinceMs).toBeLessThan(stage.clock.wallMs() - 59_000);
    expect(stage.lines).toEqual(['BGP session is established']);
    expect(router.connections).toBe(1);
  });

  test('F11: comes up whatever the segments are', () => {
    const { session } = meet(undefined, { onOpen: answerInOtherSegments });
    expect(session.status).toMatchObject({ state: 'Established', counters: { received: { keepalive: 2, update: 1 } } });
    expect(session.status.counters.receivedPrefixes).toEqual(new Map([['IPv4 announced', 1]]));
  });

  test('F11: ends when the peer sends garbage', () => {
    const { stage, router, session } = meet();
    router.send(hex('00'.repeat(19)));
    stage.clock.advance(10);
    expect(router.heard.at(-1)).toBe('Message Header Error/Connection Not Synchronized');
    expect(session.status).toMatchObject({ state: 'Idle', lastError: 'the marker is not all ones' });
    expect(stage.lines.at(-1)).toBe('BGP session has ended: the marker is not all ones');
    stage.clock.advance(2_000);
    expect(session.status.state).toBe('Established');
    expect([...session.status.counters.notificationsSent]).toEqual([['1/1', 1]]);
    expect([...session.status.counters.resets]).toEqual([['sent 1/1', 1]]);
  });

  test('F4: ends when the peer says nothing any more', () => {
    const { stage, router, session } = meet();
    router.speaks = false;
    stage.clock.advance(9_100);
    expect(session.status).toMatchObject({ lastError: 'hold timer expired' });
    expect(router.heard.at(-1)).toBe('Hold Timer Expired');
  });

  test.each([
    ['shutdown', 'bye', 'Cease/Administrative Shutdown "bye"'],
    ['peerDeleted', '', 'Cease/Peer De-configured'],
    ['restart', '', undefined],
  ] as const)('F13: is stopped for %s', (reason, text, notification) => {
    const { stage, router, session } = meet();
    const before = router.heard.length;
    session.stop(reason, text);
    stage.clock.advance(60_000);
    expect(router.heard.slice(before)).toEqual(notification === undefined ? [] : [notification]);
    expect(router.closed).toEqual(['the peer has closed the connection']);
    expect(session.status.state).toBe('Idle');
    session.start();
    stage.clock.advance(100);
    expect(session.status.state).toBe('Established');
  });

  test('F19: ends at once when BFD says that the peer is gone, and not when it was turned off', () => {
    const { stage, router, session } = meet();
    session.bfd('adminDown');
    stage.clock.advance(10);
    expect(session.status.state).toBe('Established');
    session.bfd('down');
    stage.clock.advance(10);
    expect(router.heard.at(-1)).toBe('Cease/BFD Down');
    expect(session.status.lastError).toBe('BFD: the peer is not reached any more');
  });

  test('is reset by hand', () => {
    const { stage, router, session } = meet();
    session.reset('again');
    stage.clock.advance(100);
    expect(router.heard).toContain('Cease/Administrative Reset "again"');
    expect(session.status.state).toBe('Established');
  });
});

describe('routes', () => {
  test('U6: changes of one turn leave together, the last of them', () => {
    const { stage, router, session } = meet();
    router.receiver.news();
    session.setRoutes(routes(), true);
    session.setRoutes(routes([{}, '198.51.100.1/32 198.51.100.3/32']), true);
    expect(session.status.isSynced).toBe(false);
    stage.clock.advance(10);
    expect(router.receiver.news()).toEqual(['-198.51.100.2/32', '+198.51.100.3/32']);
    expect(session.status.isSynced).toBe(true);
  });

  test('§15: are pending until there is a session, which is in sync when all have been told', () => {
    const { stage, router, session } = meet(undefined, { onOpen: () => {} });
    expect(session.status).toMatchObject({ state: 'OpenSent', pendingPrefixes: 2, syncMs: undefined });
    answerInOtherSegments(router);
    stage.clock.advance(100);
    expect(session.status).toMatchObject({ pendingPrefixes: 0, syncMs: expect.any(Number) });
    session.stop('shutdown', '');
    expect(session.status).toMatchObject({ pendingPrefixes: 2, syncMs: undefined, held: routes() });
  });

  test('C8: are told again when the peer asks, and marks of its own refreshes are nothing to us', () => {
    const { stage, router } = meet();
    const before = router.receiver.messages;
    router.send(refresh(2));
    stage.clock.advance(10);
    expect(router.receiver.messages).toBe(before);
    router.send(refresh(0));
    stage.clock.advance(10);
    expect(router.receiver.messages).toBe(before + 1);
  });

  test('§8: follow the addresses of the interface', () => {
    const peer = peerSession({ config: { families: ['IPv4', 'IPv6'] } });
    const { stage, router, session } = meet(peer, { open: bothFamilies });
    session.setRoutes(routes([{}, '2001:db8::1/128']), true);
    stage.clock.advance(10);
    expect(session.status.withheld).toEqual([{ family: 'IPv6', reason: 'noIPv6NextHop', prefixes: 1 }]);
    stage.globalIPv6 = '2001:db8:b::11' as Ip;
    session.interfacesChanged();
    stage.clock.advance(10);
    expect(Object.keys(router.receiver.table)).toEqual(['2001:db8::1/128']);
    expect(session.status).toMatchObject({ withheld: [], state: 'Established' });
  });

  test('U7: a peer that does not read is told the newest when it does, and delays no other', () => {
    const stage = new Stage();
    const [slow, other] = [new PlayedRouter(stage.network), new PlayedRouter(stage.network, {}, '192.0.2.2' as Ip)];
    const sessions = [stage.session(), stage.session(peerSession({ transport: { remote: '192.0.2.2' as Ip } }))];
    stage.clock.advance(100);
    const slowEnd = stage.network.connections[0]?.[1];
    slowEnd?.setReading(false);
    const wanted = [routes([{}, many.join(' ')]), routes([{ multiExitDisc: 1 }, many.slice(20_000).join(' ')])];
    for (const [at, step] of wanted.entries()) {
      for (const session of sessions) session.setRoutes(step, true);
      // The slow one's speaker hears its KEEPALIVEs all the same.
      stage.clock.advance(1_000);
      expect(other.receiver.held.IPv4.size).toBe(at === 0 ? 25_000 : 5_000);
      expect(sessions[0]?.status).toMatchObject({ state: 'Established', isSynced: false });
      expect(sessions[0]?.status.unsentOctets).toBeLessThanOrEqual(65_536 + 4_096);
    }
    slowEnd?.setReading(true);
    stage.clock.advance(1_000);
    expect(slow.receiver.table).toEqual(other.receiver.table);
    // It never heard of what came after the buffers were full.
    expect(slow.receiver.octets).toBeLessThan(other.receiver.octets - 15_000);
  });

  test('F15: a peer that never reads is given up, without a farewell that it would not read', () => {
    const { stage, router, session } = meet();
    stage.network.connections[0]?.[1].setReading(false);
    session.setRoutes(routes([{}, many.join(' ')]), true);
    stage.clock.advance(479_000);
    expect(session.status.state).toBe('Established');
    stage.clock.advance(2_000);
    expect(session.status.lastError).toBe('Send Hold Timer Expired');
    expect(stage.network.connections[0]?.[0].ending).toBe('rst');
    expect(router.heard).not.toContain('Send Hold Timer Expired');
  });
});

describe('U8: a change of configuration', () => {
  const before = peerSession({ transport: { password: octets('old') } });
  const password = octets('old');

  test.each<[string, PeerSession]>([
    ['nothing', peerSession({ transport: { password: octets('old') } })],
    ['the time between attempts', peerSession({ config: { connectRetryTimeMs: 60_000 }, transport: { password } })],
    ['the prefix limit', peerSession({ prefixLimit: 5, transport: { password } })],
    ['the BFD profile', { ...before, bfdProfile: 'fast' }],
    ['the password', peerSession({ transport: { password: octets('new') } })],
  ])('of %s costs nothing', (_, after) => {
    const { stage, router, session } = meet(before, { password });
    session.configure(after);
    stage.clock.advance(100);
    expect([router.connections, session.status.state]).toEqual([1, 'Established']);
    expect(router.heard).toEqual(['OPEN', 'KEEPALIVE', 'UPDATE', 'UPDATE']);
    expect(stage.network.connections[0]?.[0].password).toEqual(after.transport.password);
  });

  test.each<[string, PeerSession]>([
    ['our AS number', peerSession({ config: { localAsn: 65_000 }, transport: { password } })],
    ['the hold time', peerSession({ config: { holdTimeSeconds: 30 }, transport: { password } })],
    ['the families', peerSession({ config: { families: ['IPv4', 'IPv6'] }, transport: { password } })],
    ['graceful restart', peerSession({ config: { gracefulRestart: false }, transport: { password } })],
    ['TTL security', peerSession({ transport: { password, hopLimit: 255, leastHopLimit: 255 } })],
  ])('of %s begins anew at once', (_, after) => {
    const { stage, router, session } = meet(before, { password });
    session.configure(after);
    stage.clock.advance(100);
    expect([router.connections, session.status.state]).toEqual([2, 'Established']);
    expect(router.heard[4]).toBe('Cease/Other Configuration Change');
    expect(router.heard.slice(5)).toEqual(['OPEN', 'KEEPALIVE', 'UPDATE', 'UPDATE']);
  });

  test('from no password to one begins anew', () => {
    const { stage, router, session } = meet();
    session.configure(before);
    stage.clock.advance(100);
    expect(router.heard.at(-1)).toBe('Cease/Other Configuration Change');
    expect(session.status.state).not.toBe('Established');
  });

  test('F17: of a wrong password to the right one is tried at once', () => {
    const { stage, session } = meet(peerSession({ transport: { password: octets('wrong') } }), { password });
    session.configure(before);
    stage.clock.advance(100);
    expect(session.status.state).toBe('Established');
  });

  test('that tells where the router is dials it', () => {
    const { stage, session } = meet(peerSession({ transport: { remote: undefined, device: 'eth1' } }));
    expect(session.status).toMatchObject({ state: 'Active', lastError: 'no router has been heard of on eth1' });
    session.configure(peerSession({ transport: { device: 'eth1' } }));
    stage.clock.advance(100);
    expect(session.status.state).toBe('Established');
  });
});

describe('C16: a peer that cannot be had is told of once for each reason', () => {
  test('when it refuses', () => {
    let reason: 'connectionRejected' | 'outOfResources' = 'connectionRejected';
    const onOpen = (router: PlayedRouter): void => {
      router.send(encodeMessage(cease(reason), external));
      router.connection?.end();
    };
    const { stage, router, session } = meet(undefined, { onOpen });
    stage.clock.advance(3_600_000);
    expect(router.connections).toBeGreaterThan(20);
    expect(stage.lines).toEqual(['BGP session cannot be established: peer: Cease/Connection Rejected']);
    reason = 'outOfResources';
    stage.clock.advance(3_600_000);
    expect(stage.lines.slice(1)).toEqual(['BGP session cannot be established: peer: Cease/Out of Resources']);
    expect(session.status.lastError).toBe('peer: Cease/Out of Resources');
    expect(session.status.counters.resets.size).toBe(0);
  });

  test('when nobody listens', () => {
    const stage = new Stage();
    stage.session();
    stage.clock.advance(600_000);
    expect(stage.lines).toEqual(['BGP session cannot be established: connect: ECONNREFUSED']);
  });

  test('F17: when it has another password, which nothing but silence shows', () => {
    const { stage, session } = meet(peerSession({ transport: { password: octets('one') } }), {
      password: octets('two'),
    });
    stage.clock.advance(4_000);
    expect(session.status).toMatchObject({ state: 'Connect', lastError: undefined });
    stage.clock.advance(60_000);
    expect(stage.lines).toEqual([
      'BGP session cannot be established: no answer from 192.0.2.1: it is down, or has another TCP MD5 password',
    ]);
    expect(session.status.state).not.toBe('Established');
  });

  test('F17: though the next attempt is made sooner than any attempt is given up', () => {
    const { stage } = meet(
      peerSession({ config: { connectRetryTimeMs: 1_000 }, transport: { password: octets('one') } }),
      {
        password: octets('two'),
      },
    );
    stage.clock.advance(3_000);
    expect(stage.lines).toEqual([
      'BGP session cannot be established: no answer from 192.0.2.1: it is down, or has another TCP MD5 password',
    ]);
  });

  test('and of the first success, and of what ends it', () => {
    const { stage, router } = meet();
    router.connection?.reset();
    stage.clock.advance(2_000);
    expect(stage.lines).toEqual([
      'BGP session is established',
      'BGP session has ended: read: ECONNRESET',
      'BGP session is established',
    ]);
  });
});
