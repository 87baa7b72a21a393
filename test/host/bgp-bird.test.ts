// Sessions with BIRD over a cable, on the real kernel: what we say is what a router of the wild understands.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import type { ListenMode } from '#speaker/bgp/listeners.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { BgpSessions } from '#speaker/bgp/sessions.ts';
import type { SessionStatus } from '#speaker/bgp/session-status.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { routes } from '../unit/speaker/bgp/out-play.ts';
import { peerSession } from '../unit/speaker/bgp/session-stage.ts';
import { Bird } from './bird.ts';
import { hasBird } from './bird-package.ts';
import { createCable, type Cable } from './cable.ts';

const nodeIPv6 = '2001:db8:b::11' as Ip;
const routerIPv6 = '2001:db8:b::1' as Ip;
const patience = { withinMs: 15_000, everyMs: 20 };
const three = '198.51.100.1/32 198.51.100.2/32 203.0.113.0/24';
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

let cable: Cable;
let bird: Bird | undefined;
let sessions: BgpSessions | undefined;
beforeEach(async () => {
  cable = await createCable('bird', '192.0.2.1/24');
  await ip([`addr add ${routerIPv6}/64 dev ${cable.far.name} nodad`], cable.namespace);
  await ip([`addr add 192.0.2.11/24 dev ${cable.near.name}`, `addr add ${nodeIPv6}/64 dev ${cable.near.name} nodad`]);
});
afterEach(async () => {
  sessions?.stop('the test is over');
  await bird?.stop();
  [bird, sessions] = [undefined, undefined];
  await cable.remove();
});

const takeAll = 'import all; export none;';

/** With a protocol `node` towards us, over IPv4 if nothing else is said; IPv4 routes may have IPv6 next hops over IPv6. */
async function startBird(options = '', neighbour: Ip = '192.0.2.11' as Ip): Promise<Bird> {
  const overIPv6 = neighbour === nodeIPv6;
  bird = await Bird.start(
    cable.namespace ?? '',
    `protocol bgp node {
      local ${overIPv6 ? routerIPv6 : '192.0.2.1'} as 64512; neighbor ${neighbour} as 64513;
      error wait time 1, 2; connect retry time 1; connect delay time 1; graceful restart on;
      ${options}
      ipv4 { ${takeAll} ${overIPv6 ? 'extended next hop on;' : ''} };
      ipv6 { ${takeAll} };
    }`,
  );
  return bird;
}

const quiet = (): void => {};

/** Without routes at first. */
function speak(peer: PeerSession, mode: ListenMode = 'off'): BgpSessions {
  sessions = new BgpSessions(
    { mode, port: 179 },
    {
      clock: systemClock,
      random: systemRandom,
      tcp: linuxTcp,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      interfaceOf: () => ({ globalIPv6: nodeIPv6 }),
      changed: quiet,
    },
  );
  sessions.configure([peer]);
  sessions.setRoutes(new Map(), true);
  return sessions;
}

const statusOf = (of: BgpSessions): SessionStatus | undefined => of.statuses[0];

async function established(of: BgpSessions): Promise<SessionStatus> {
  return eventually(() => {
    const status = statusOf(of);
    if (status?.state === 'Established' && status.isSynced) return status;
    throw new Error(`the session is ${status?.state}: ${status?.lastError}`);
  }, patience);
}

const holds = (router: Bird, expected: string): Promise<true> =>
  eventually(async () => {
    const held = await router.routes();
    if (held.join(' ') === expected.split(' ').toSorted().join(' ')) return true as const;
    throw new Error(`BIRD holds ${held.join(' ')}`);
  }, patience);

const dual = (transport: Partial<PeerSession['transport']> = {}): PeerSession =>
  peerSession({ config: { families: ['IPv4', 'IPv6'] }, transport });

describe.skipIf(!hasBird())('BIRD', () => {
  test('holds what it is told, with its attributes, and no longer than that', async () => {
    const router = await startBird('passive on;');
    const speaker = speak(dual());
    const attributes = {
      multiExitDisc: 7,
      asPathPrepend: 1,
      communities: [64_513 * 65_536 + 100],
      largeCommunities: [{ globalAdministrator: 64_513, localData1: 1, localData2: 2 }],
    };
    speaker.setRoutes(new Map([['router', routes([{}, three], [attributes, '2001:db8::1/128'])]]), true);
    const since = (await established(speaker)).sinceMs;
    await holds(router, `${three} 2001:db8::1/128`);
    const plain = await router.ask('show route all 203.0.113.0/24');
    expect(plain).toMatch(/BGP.as_path: 64513$/m);
    expect(plain).toMatch(/BGP.next_hop: 192.0.2.11$/m);
    expect(plain).not.toMatch(/BGP.(med|community)/);
    const rich = await router.ask('show route all 2001:db8::1/128');
    expect(rich).toMatch(/BGP.as_path: 64513 64513$/m);
    expect(rich).toMatch(/BGP.next_hop: 2001:db8:b::11/);
    expect(rich).toMatch(/BGP.med: 7$/m);
    expect(rich).toMatch(/BGP.community: \(64513,100\)$/m);
    expect(rich).toMatch(/BGP.large_community: \(64513, 1, 2\)$/m);
    speaker.setRoutes(new Map([['router', routes([{}, '198.51.100.1/32'])]]), true);
    await holds(router, '198.51.100.1/32');
    expect(statusOf(speaker)).toMatchObject({ sinceMs: since, prefixes: { IPv4: 1, IPv6: 0 } });
    expect(await router.ask('show protocols all node')).toMatch(/Hold timer:.*\/9/);
  });

  test('takes IPv4 over IPv6, by next hops of IPv6', async () => {
    const router = await startBird('passive on;', nodeIPv6);
    const speaker = speak(
      peerSession({
        config: { families: ['IPv4', 'IPv6'], extendedNextHop: true },
        transport: { remote: routerIPv6 },
      }),
    );
    speaker.setRoutes(new Map([['router', routes([{}, `${three} 2001:db8::1/128`])]]), true);
    expect((await established(speaker)).withheld).toEqual([]);
    await holds(router, `${three} 2001:db8::1/128`);
    expect(await router.ask('show route all 203.0.113.0/24')).toMatch(/BGP.next_hop: 2001:db8:b::11/);
  });

  test('F17: has a session by the right password only, and begins it without a restart of ours', async () => {
    const router = await startBird('passive on; password "right";');
    const speaker = speak(dual({ password: octets('wrong') }));
    await eventually(() => statusOf(speaker)?.lastError?.includes('MD5'), patience);
    expect(await router.state('node')).not.toBe('Established');
    speaker.configure([dual({ password: octets('right') })]);
    await established(speaker);
    expect(await router.state('node')).toBe('Established');
  });

  test('F17: dials with the password too', async () => {
    const router = await startBird('password "right";');
    // From here on nobody but BIRD dials: what we dial goes to a port where nobody listens.
    const speaker = speak(dual({ password: octets('right'), port: 1 }), 'on');
    await established(speaker);
    expect(await router.state('node')).toBe('Established');
  });

  test('F16: keeps a session with TTL security', async () => {
    await startBird('passive on; ttl security on;');
    const speaker = speak(dual({ hopLimit: 255, leastHopLimit: 255 }));
    expect(await established(speaker)).toMatchObject({ lastError: undefined });
  });

  test('F9: dials while we do, and one session stays', async () => {
    const router = await startBird();
    const speaker = speak(dual(), 'on');
    speaker.setRoutes(new Map([['router', routes([{}, three])]]), true);
    await established(speaker);
    await holds(router, three);
    expect(await router.state('node')).toBe('Established');
  });

  test('C8: is told again when it asks', async () => {
    const router = await startBird('passive on;');
    const speaker = speak(dual());
    speaker.setRoutes(new Map([['router', routes([{}, three])]]), true);
    await established(speaker);
    await holds(router, three);
    const before = statusOf(speaker)?.counters.sent.update ?? 0;
    await router.ask('reload in node');
    await eventually(() => (statusOf(speaker)?.counters.sent.update ?? 0) > before, patience);
    expect(statusOf(speaker)?.counters.received.routeRefresh).toBeGreaterThan(0);
    await holds(router, three);
  });

  test('comes back, and so do the routes', async () => {
    const router = await startBird('passive on;');
    const speaker = speak(dual());
    speaker.setRoutes(new Map([['router', routes([{}, three])]]), true);
    await established(speaker);
    await router.stop();
    await eventually(() => statusOf(speaker)?.state !== 'Established', patience);
    const again = await startBird('passive on;');
    await established(speaker);
    expect(await holds(again, three)).toBe(true);
  });

  test('takes 10,000 routes and their withdrawal', async () => {
    const router = await startBird('passive on;');
    const speaker = speak(dual());
    const many = Array.from({ length: 10_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}/32`).join(' ');
    speaker.setRoutes(new Map([['router', routes([{}, many])]]), true);
    await established(speaker);
    const count = async (): Promise<number> =>
      Number(/(\d+) of \d+ routes/.exec(await router.ask('show route count'))?.[1]);
    await eventually(async () => (await count()) === 10_000, patience);
    expect(statusOf(speaker)?.counters.sent.update).toBe(13 + 2);
    speaker.setRoutes(new Map(), true);
    await eventually(async () => (await count()) === 0, patience);
    expect(statusOf(speaker)?.counters.sent.update).toBe(13 + 2 + 13);
  });
});
