// Whose turn it is to run BGP on this node: two processes of it (an update that starts the new one first) would throw out each other's sessions.
// One waits, ready for everything, until the other gives way or dies.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { NodeLock } from '../bgp/node-lock.ts';

export interface TurnDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeLock: NodeLock;
}

/** Where nobody else has the lock it is there sooner. */
const contendedMs = 50;
const tellAfterMs = 1_000;
/** A router that is still busy with the end of the other's sessions refuses new ones, and then they are not tried for a while (seen with FRR). */
const afterOtherMs = 1_000;

export class Turn {
  readonly #dependencies: TurnDependencies;
  /** What is still to come, and the lock. */
  #pending: readonly Cancel[] = [];

  constructor(dependencies: TurnDependencies) {
    this.#dependencies = dependencies;
  }

  /** `ours`: it is, from now on. Once; never before this call has returned. */
  wait(ours: () => void): void {
    const { clock, log, nodeLock } = this.#dependencies;
    const startMs = clock.nowMs();
    const silence = clock.after(tellAfterMs, () =>
      log.info({}, 'another process of this node runs BGP: this one waits until it has ended'),
    );
    const lock = nodeLock.take(() => {
      silence();
      const waitedMs = clock.nowMs() - startMs;
      const begin = (): void => {
        log.info({ waitedMs }, 'this process runs BGP on this node');
        ours();
      };
      if (waitedMs < contendedMs) begin();
      else this.#pending = [clock.after(afterOtherMs, begin), lock];
    });
    this.#pending = [silence, lock];
  }

  /** To whoever waits; or does not wait any more. */
  giveBack(): void {
    for (const cancel of this.#pending) cancel();
    this.#pending = [];
  }
}
