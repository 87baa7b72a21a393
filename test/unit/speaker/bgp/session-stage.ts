// A node with one session, on a played network with virtual time.
import type { Ip } from '#shared/net/ip.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { BgpSession, type SessionDependencies } from '#speaker/bgp/session.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { config, noJitter } from './peer-play.ts';
import { PlayedNetwork } from './played-network.ts';
import { nodeIp, routerIp } from './played-router.ts';

const { random: _, ...settings } = config;

/** To the router, with everything as it is when nothing is said. */
export function peerSession(
  fields: {
    readonly name?: string;
    readonly config?: Partial<PeerSession['config']>;
    readonly transport?: Partial<PeerSession['transport']>;
    readonly prefixLimit?: number;
  } = {},
): PeerSession {
  return {
    name: fields.name ?? 'router',
    config: { ...settings, ...fields.config },
    transport: {
      remote: routerIp,
      port: 179,
      local: undefined,
      device: undefined,
      hopLimit: 1,
      leastHopLimit: 1,
      password: undefined,
      userTimeoutMs: 485_000,
      ...fields.transport,
    },
    bfdProfile: undefined,
    linkBandwidth: false,
    prefixLimit: fields.prefixLimit,
  };
}

export class Stage {
  readonly clock = new VirtualClock();
  readonly network: PlayedNetwork;
  readonly lines: string[] = [];
  globalIPv6: Ip | undefined;
  changes = 0;

  constructor(latencyMs?: () => number) {
    this.network = new PlayedNetwork(this.clock, latencyMs);
  }

  dependencies(own = nodeIp): SessionDependencies {
    return {
      clock: this.clock,
      random: noJitter,
      tcp: this.network.stack(own),
      log: this.#log(),
      interfaceOf: () => ({ globalIPv6: this.globalIPv6 }),
      changed: () => void this.changes++,
    };
  }

  /** Started. */
  session(peer = peerSession()): BgpSession {
    const session = new BgpSession(peer, this.dependencies());
    session.start();
    return session;
  }

  #log(): Log {
    const line = (fields: Readonly<Record<string, unknown>>, message: string): void =>
      void this.lines.push([message, fields['why'] ?? fields['failure'] ?? fields['error']].filter(Boolean).join(': '));
    return { debug: line, info: line, warn: line, error: line };
  }
}
