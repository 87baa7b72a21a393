// Keeps the state file up to what is known: the cluster, and per LAN who is expected there and what this node owns.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Sha256 } from '../digest.ts';
import { sameOwnership } from '../observed-ownership.ts';
import type { ObservedSegment, SavedSegment, WireObserved } from '../seam.ts';
import type { SavedAddress } from '../segment/ownership/desired-address.ts';
import type { EarlierState } from './earlier-state.ts';
import { encodeState, type SavedCluster } from './saved-state.ts';
import type { StateFile } from './state-file.ts';
import { StateWriter } from './state-writer.ts';

export interface StateKeeperDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly stateFile: StateFile;
  readonly sha256: Sha256;
}

/** In a cluster where nothing happens the file must not grow too old to be used. */
const freshenMs = 3_600_000;

export class StateKeeper {
  readonly #clock: Clock;
  readonly #writer: StateWriter;
  #segments: readonly SavedSegment[];
  #observation: Pick<WireObserved, 'segments' | 'addresses'> | undefined;
  #freshening: Cancel | undefined;

  /** `cluster` is asked when the file is written. */
  constructor(
    { node, earlier }: { readonly node: string; readonly earlier: EarlierState },
    { clock, log, stateFile, sha256 }: StateKeeperDependencies,
    cluster: () => SavedCluster,
  ) {
    this.#clock = clock;
    this.#segments = earlier.segments;
    const { incarnation } = earlier;
    this.#writer = new StateWriter({ clock, log, file: stateFile }, () => {
      const state = { cluster: cluster(), segments: this.#segments, incarnation };
      return encodeState(state, { node, wallMs: clock.wallMs() }, sha256);
    });
  }

  /** Writes at once, as the next process is to know the incarnation of this one. */
  start(): void {
    this.#writer.changed();
    this.#freshening = this.#clock.after(freshenMs, () => this.start());
  }

  clusterChanged(): void {
    this.#writer.changed();
  }

  observed(observation: WireObserved): void {
    const before = this.#observation;
    this.#observation = observation;
    const isSame =
      before !== undefined &&
      sameOwnership(before.addresses, observation.addresses) &&
      deepEqual(before.segments.map(membership), observation.segments.map(membership));
    if (isSame) return;
    const segments = segmentsToSave(observation, this.#segments);
    if (deepEqual(segments, this.#segments)) return;
    this.#segments = segments;
    this.#writer.changed();
  }

  stop(): void {
    this.#freshening?.();
    this.#writer.stop();
  }
}

/** LANs that this process has not joined, or not yet, stay as they were written down: it knows no better. */
export function segmentsToSave(
  { segments, addresses }: Pick<WireObserved, 'segments' | 'addresses'>,
  before: readonly SavedSegment[],
): readonly SavedSegment[] {
  const known = segments.filter(isKnown);
  const owned = new Map<string, SavedAddress[]>(known.map(({ segment }) => [segment, []]));
  for (const { ip, segments: ownerships } of addresses) {
    for (const { segment, epoch, minority } of ownerships) owned.get(segment)?.push({ ip, epoch, minority });
  }
  return [
    ...before.filter((saved) => !owned.has(saved.interface)),
    ...known.map(({ segment, roster }) => ({ interface: segment, roster, addresses: owned.get(segment) ?? [] })),
  ];
}

function membership({ segment, phase, roster }: ObservedSegment): object {
  return { segment, phase, roster };
}

function isKnown({ phase }: ObservedSegment): boolean {
  return phase === 'joined' || phase === 'noCarrier';
}
