// The way of routes to one peer (shell): runs Adj-RIB-Out on the Established connection, as fast as the kernel takes octets, so that a slow peer
// has little waiting for it and is told what is new when it gets there.
import type { Family } from '#shared/net/ip.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { initialAdjRibOut, stepAdjRibOut, type AdjRibOutEvent, type AdjRibOutState } from './adj-rib-out.ts';
import type { OutSession, Withheld } from './out-plan.ts';
import { emptyTable, type RouteTable } from './route-table.ts';

/** The Established connection. */
export interface RoutesLink {
  unsentOctets(): number;
  write(octets: Uint8Array): void;
}

export interface RoutesStatus {
  /** The peer holds all that it shall. */
  readonly isSynced: boolean;
  /** That the peer holds. */
  readonly prefixes: Readonly<Record<Family, number>>;
  readonly withheld: readonly Withheld[];
}

/** Octets that the kernel has not taken yet. */
const mostUnsentOctets = 65_536;
/** Changes of one turn leave together. */
const gatherMs = 5;

export class RoutesOut {
  readonly #clock: Clock;
  readonly #changed: () => void;
  #state: AdjRibOutState = initialAdjRibOut;
  #link: RoutesLink | undefined;
  #waiting: { readonly routes: RouteTable; readonly complete: boolean } | undefined;

  /** `changed`: the status is another. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get status(): RoutesStatus {
    const { session, desired, plan, holdings, withheld } = this.#state;
    return {
      isSynced: session !== undefined && desired !== undefined && this.#waiting === undefined && plan.length === 0,
      prefixes: { IPv4: holdings.IPv4.held.size, IPv6: holdings.IPv6.held.size },
      withheld,
    };
  }

  /** All that the peer shall hold, now or once it is there. */
  set(routes: RouteTable, complete: boolean): void {
    const isGathering = this.#waiting !== undefined;
    this.#waiting = { routes, complete };
    if (isGathering) return;
    this.#clock.after(gatherMs, () => {
      const desired = this.#waiting;
      this.#waiting = undefined;
      if (desired !== undefined) this.#step({ kind: 'desired', ...desired });
    });
  }

  /** All that the peer is to hold, as it was told last. */
  get wanted(): RouteTable {
    return (this.#waiting ?? this.#state.desired)?.routes ?? emptyTable;
  }

  begin(session: OutSession, link: RoutesLink): void {
    this.#link = link;
    this.#step({ kind: 'established', session, octetsFree: this.#octetsFree });
  }

  readdress(session: OutSession): void {
    this.#step({ kind: 'readdressed', session });
  }

  refresh(family: Family): void {
    this.#step({ kind: 'refresh', family });
  }

  drained(): void {
    this.#step({ kind: 'drained', octetsFree: this.#octetsFree });
  }

  end(): void {
    this.#link = undefined;
    this.#step({ kind: 'ended' });
  }

  get #octetsFree(): number {
    return mostUnsentOctets - (this.#link?.unsentOctets() ?? mostUnsentOctets);
  }

  #step(event: AdjRibOutEvent): void {
    const { plan: before } = this.#state;
    const { state, effects } = stepAdjRibOut(this.#state, event);
    this.#state = state;
    for (const effect of effects) if (effect.kind === 'send') this.#link?.write(effect.octets);
    if (effects.length > 0 || before.length !== state.plan.length) this.#changed();
  }
}
