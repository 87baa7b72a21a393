// Gives a desired state to the segments, a piece a turn (shell): thousands of addresses in one turn would be a stall.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { piecesOf, type DesiredState, type NumberedDesired } from './desired-assembly.ts';
import type { SegmentRunner } from './segment-runner.ts';

export interface DesiredDeliveryDependencies {
  readonly clock: Clock;
  /** Called first in every turn. */
  readonly gapEnded: () => boolean;
  /** Every segment has got all of it. */
  readonly delivered: () => void;
}

interface Piece {
  readonly runner: SegmentRunner;
  readonly desired: DesiredState;
  readonly addresses: readonly NumberedDesired[];
  readonly isLast: boolean;
}

export class DesiredDelivery {
  readonly #dependencies: DesiredDeliveryDependencies;
  #pieces: Piece[] = [];
  #next: Cancel | undefined;

  constructor(dependencies: DesiredDeliveryDependencies) {
    this.#dependencies = dependencies;
  }

  get isUnderWay(): boolean {
    return this.#pieces.length > 0;
  }

  /** To all of them, instead of what is still on its way. The first piece is delivered when it returns. */
  begin(runners: readonly SegmentRunner[], desired: DesiredState): void {
    this.#pieces = runners.flatMap((runner) => pieces(runner, desired));
    this.#giveNext();
  }

  /** To one more. */
  add(runner: SegmentRunner, desired: DesiredState): void {
    this.#pieces.push(...pieces(runner, desired));
    this.#giveNext();
  }

  forget(runner: SegmentRunner): void {
    this.#pieces = this.#pieces.filter((piece) => piece.runner !== runner);
  }

  stop(): void {
    this.#pieces = [];
    this.#next?.();
  }

  #giveNext(): void {
    const { clock, gapEnded, delivered } = this.#dependencies;
    this.#next?.();
    const piece = this.#pieces.shift();
    if (piece !== undefined) piece.runner.desired(piece.addresses, piece.isLast, piece.desired);
    if (!this.isUnderWay) return delivered();
    this.#next = clock.after(0, () => {
      gapEnded();
      this.#giveNext();
    });
  }
}

function pieces(runner: SegmentRunner, desired: DesiredState): readonly Piece[] {
  const parts = piecesOf(desired);
  return parts.map((addresses, index) => ({ runner, desired, addresses, isLast: index === parts.length - 1 }));
}
