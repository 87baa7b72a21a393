// A node's BGP sessions on the real kernel, for tests with routers of the wild: one peer each, from an address of its own.
import { ipToBytes, type Ip } from '#shared/net/ip.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import type { ListenMode } from '#speaker/bgp/listeners.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import type { RouteTable } from '#speaker/bgp/route-table.ts';
import { BgpSessions } from '#speaker/bgp/sessions.ts';
import type { SessionStatus } from '#speaker/bgp/session-status.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { eventually } from '#test/lab/eventually.ts';
import { peerSession } from '../unit/speaker/bgp/session-stage.ts';

/** Generous: a machine may be busy with other things. */
export const patience = { withinMs: 20_000, everyMs: 50 };

const quiet = (): void => {};

/** Of the node; its number ends its addresses. */
export interface NodeAddress {
  readonly ipv4: Ip;
  readonly ipv6: Ip;
}

export function nodeAddress(number: number): NodeAddress {
  return { ipv4: `192.0.2.${number}` as Ip, ipv6: `2001:db8:b::${number}` as Ip };
}

export const routerAddress: NodeAddress = nodeAddress(1);

export interface PeerWishes {
  /** IPv4, if absent. */
  readonly over?: 'ipv4' | 'ipv6';
  readonly config?: Partial<PeerSession['config']>;
  readonly transport?: Partial<PeerSession['transport']>;
}

/** The session of a node with the router, for both families if nothing else is said. */
export function towardsRouter(node: NodeAddress, { over = 'ipv4', config, transport }: PeerWishes = {}): PeerSession {
  return peerSession({
    config: { families: ['IPv4', 'IPv6'], bgpIdentifier: identifier(node), connectRetryTimeMs: 1_000, ...config },
    transport: { remote: routerAddress[over], local: node[over], ...transport },
  });
}

/** The node begins to speak; without a table it has no routes yet. */
export function startNode(
  node: NodeAddress,
  peer: PeerSession,
  table?: RouteTable,
  mode: ListenMode = 'off',
): BgpSessions {
  const sessions = new BgpSessions(
    { mode, port: 179 },
    {
      clock: systemClock,
      random: systemRandom,
      tcp: linuxTcp,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      interfaceOf: () => ({ globalIPv6: node.ipv6 }),
      changed: quiet,
    },
  );
  sessions.configure([peer]);
  announce(sessions, table);
  return sessions;
}

/** All that the router is to hold. */
export function announce(sessions: BgpSessions, table?: RouteTable): void {
  sessions.setRoutes(new Map(table === undefined ? [] : [['router', table]]), true);
}

export function statusOf(sessions: BgpSessions): SessionStatus {
  const [status] = sessions.statuses;
  if (status === undefined) throw new Error('there is no session');
  return status;
}

/** Established, with all told that there is to tell. */
export function established(sessions: BgpSessions): Promise<SessionStatus> {
  return eventually(() => {
    const status = statusOf(sessions);
    if (status.state === 'Established' && status.isSynced) return status;
    throw new Error(`the session is ${status.state}: ${status.lastError}`);
  }, patience);
}

/** The words in which the last attempt or session ended, once they are these. */
export function endedWith(sessions: BgpSessions, words: RegExp): Promise<true> {
  return eventually(() => {
    const { lastError } = statusOf(sessions);
    if (words.test(lastError ?? '')) return true as const;
    throw new Error(`it said ${lastError}`);
  }, patience);
}

function identifier({ ipv4 }: NodeAddress): number {
  return new DataView(Uint8Array.from(ipToBytes(ipv4)).buffer).getUint32(0);
}
