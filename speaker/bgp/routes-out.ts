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
  /** What the peer holds. */
  readonly held: RouteTable;
  /** How many of each family that is. */
  readonly prefixes: Readonly<Record<Family, number>>;
  /** That the peer is to be told of, or told anew. */
  readonly pendingPrefixes: number;
  /** From the beginning of the session to the end of the first full telling; undefined: not there yet. */
  readonly syncMs: number | undefined;
  /** That the peer should hold and cannot be given. */
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
  #beganMs = 0;
  #syncMs: number | undefined;

  /** `changed`: the status is another. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get status(): RoutesStatus {
    const { session, desired, plan, holdings, withheld } = this.#state;
    return {
      isSynced: session !== undefined && desired !== undefined && this.#waiting === undefined && plan.length === 0,
      held: { IPv4: holdings.IPv4.held, IPv6: holdings.IPv6.held },
      prefixes: { IPv4: holdings.IPv4.held.size, IPv6: holdings.IPv6.held.size },
      pendingPrefixes: session === undefined ? sizeOf(this.wanted) : prefixesLeft(this.#state),
      syncMs: this.#syncMs,
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
    this.#beganMs = this.#clock.nowMs();
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
    this.#syncMs = undefined;
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
    if (effects.some(({ kind }) => kind === 'endOfRib') && isToldAll(state)) {
      this.#syncMs ??= this.#clock.nowMs() - this.#beganMs;
    }
    if (effects.length > 0 || before.length !== state.plan.length) this.#changed();
  }
}

/** Every family of the session has its End-of-RIB. */
function isToldAll({ session, holdings }: AdjRibOutState): boolean {
  return session !== undefined && [...session.families.keys()].every((family) => holdings[family].endOfRib === 'sent');
}

/** Of the steps of the plan that are still to be done. */
function prefixesLeft({ plan, done }: AdjRibOutState): number {
  const left = plan.slice(done.steps).reduce((sum, step) => sum + (step.kind === 'mark' ? 0 : step.prefixes.length), 0);
  return left - done.prefixes;
}

function sizeOf({ IPv4, IPv6 }: RouteTable): number {
  return IPv4.size + IPv6.size;
}
