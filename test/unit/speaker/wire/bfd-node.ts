// The BFD of one node on a played network, in virtual time.
import type { Clock } from '#shared/runtime/clock.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import type { ObservedBfd, WantedBfd } from '#speaker/seam.ts';
import { Bfd } from '#speaker/wire/bfd.ts';
import { Tally } from '#speaker/wire/tally.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedBfdNetwork, type PlayedBfdSockets } from './played-bfd.ts';

export function wantedBfd(remote: string, changes: Partial<WantedBfd> = {}): WantedBfd {
  return {
    remote: remote as Ip,
    local: undefined,
    device: undefined,
    multihop: false,
    transmitIntervalMs: 300,
    receiveIntervalMs: 300,
    detectMultiplier: 3,
    passive: false,
    leastHopLimit: 255,
    ...changes,
  };
}

/** One network and one time for all nodes on it. */
export class BfdStage {
  readonly clock = new VirtualClock();
  readonly network = new PlayedBfdNetwork(this.clock.scheduler);
  #nodes = 0;

  node(...addresses: readonly string[]): BfdNode {
    return new BfdNode(`node ${++this.#nodes}`, addresses, this);
  }

  advance(ms: number): this {
    this.clock.advance(ms);
    return this;
  }
}

export class BfdNode {
  readonly bfd: Bfd;
  readonly sockets: PlayedBfdSockets;
  readonly log = new RecordedLog();
  readonly tally = new Tally();
  /** Random numbers that come before all others. */
  readonly drawn: number[] = [];
  /** How often it has something new to tell at once. */
  changes = 0;

  constructor(name: string, addresses: readonly string[], { clock, network }: BfdStage) {
    const random = randomFor(1, name);
    this.sockets = network.socketsOf(addresses);
    this.bfd = new Bfd({
      clock: this.#ownClock(clock),
      random: { next32: () => this.drawn.shift() ?? random.next32() },
      sockets: this.sockets,
      log: this.log,
      tally: this.tally,
      gapEnded: () => {},
      changed: () => void this.changes++,
      counted: () => {},
    });
  }

  /** While it is stopped, its timers wait. */
  #stoppedUntilMs = 0;

  stopFor(ms: number, clock: Clock): void {
    this.#stoppedUntilMs = clock.nowMs() + ms;
  }

  want(...wanted: readonly WantedBfd[]): this {
    this.bfd.want(wanted);
    return this;
  }

  hasNetwork(network: HostNetworkState): this {
    this.bfd.networkChanged(network);
    return this;
  }

  get only(): ObservedBfd {
    const [first, ...others] = this.bfd.observed;
    if (first === undefined || others.length > 0)
      throw new Error(`${this.bfd.observed.length} sessions instead of one`);
    return first;
  }

  get states(): readonly string[] {
    return this.bfd.observed.map(({ state }) => state);
  }

  #ownClock(clock: VirtualClock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, callback) => {
        let cancel = clock.after(delayMs, () => {
          const waitMs = this.#stoppedUntilMs - clock.nowMs();
          if (waitMs > 0) cancel = clock.after(waitMs, callback);
          else callback();
        });
        return () => cancel();
      },
    };
  }
}
