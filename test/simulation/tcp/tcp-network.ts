// TCP between the hosts of the simulated LANs: connections that are made, carry octets in pieces of any size, stall while there is no way, and
// end by FIN, RST or time-out. Who asks, who listens and what is carried are TcpProgram's and TcpEnd's.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { once } from '../cancel.ts';
import type { Attachment } from '../lan/segment.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { TcpEnd } from './tcp-end.ts';
import type { Listening } from './tcp-program.ts';

/** A machine with TCP: a node, or a router. */
export interface TcpHostOptions {
  readonly name: string;
  readonly attachments: readonly Attachment[];
  readonly ips: () => readonly Ip[];
  /** Its kernel runs. */
  readonly isRunning: () => boolean;
}

export interface TcpHost extends TcpHostOptions {
  /** By address and port. */
  readonly listening: Map<string, Listening>;
  readonly ends: Set<TcpEnd>;
}

const [shortestPassageUs, longestPassageUs] = [200, 700];

export class TcpNetwork {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly #hosts: TcpHost[] = [];
  readonly #cuts = new Set<{ readonly a: string; readonly b: string }>();

  constructor(scheduler: Scheduler, random: Random) {
    this.scheduler = scheduler;
    this.random = random;
  }

  add(options: TcpHostOptions): TcpHost {
    const host: TcpHost = { ...options, listening: new Map(), ends: new Set() };
    this.#hosts.push(host);
    return host;
  }

  hostOf(ip: Ip): TcpHost | undefined {
    return this.#hosts.find((host) => host.ips().includes(ip));
  }

  /** Segments get from one to the other and back. */
  isOpen(a: TcpHost, b: TcpHost): boolean {
    if (!a.isRunning() || !b.isRunning()) return false;
    for (const cut of this.#cuts) {
      if ((cut.a === a.name && cut.b === b.name) || (cut.a === b.name && cut.b === a.name)) return false;
    }
    return a.attachments.some((from) =>
      b.attachments.some(
        (to) => from.segment === to.segment && from.segment.hears(from, to) && from.segment.hears(to, from),
      ),
    );
  }

  /** No TCP between these two, until the answer is called. */
  cut(a: string, b: string): Cancel {
    const cut = { a, b };
    this.#cuts.add(cut);
    return once(() => this.#cuts.delete(cut));
  }

  /** What one segment takes. */
  passageUs(): number {
    return uniform(this.random, shortestPassageUs, longestPassageUs);
  }
}

/** The host has lost its memory: nothing is said of it to anybody. */
export function forgetTcp(host: TcpHost): void {
  for (const end of host.ends) end.vanish();
  host.ends.clear();
  host.listening.clear();
}
