// When the world is quiet: no fault is active, what the last ones began is over, and every program runs. While it is not, programs may go by what
// was true long ago. There are several kinds of quiet: some faults disturb LANs only.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Fault } from '../faults/fault.ts';
import type { Observer, ProcessRef } from '../observer.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { Alive } from './alive.ts';
import { afterEffectsMs, boundsMs } from './bounds.ts';

export class Calm implements Observer {
  readonly #scheduler: Scheduler;
  readonly #disturbs: (fault: Fault) => boolean;
  readonly #became: () => void;
  /** Faults that are active, and programs that are down. */
  readonly #active = new Set<Fault | string>();
  readonly #alive = new Alive();
  /** The unrest that lasts, or the last one. */
  #fromUs = 0;
  #untilUs = boundsMs.boot * 1000;
  #end: Cancel = () => {};

  /** `became` is called each time when it has become quiet. */
  constructor(scheduler: Scheduler, disturbs: (fault: Fault) => boolean, became: () => void = () => {}) {
    this.#scheduler = scheduler;
    this.#disturbs = disturbs;
    this.#became = became;
    this.#endsAt(this.#untilUs);
  }

  /** Since when; undefined: it is not quiet. */
  get sinceUs(): number | undefined {
    return this.#active.size === 0 && this.#untilUs <= this.#scheduler.nowUs ? this.#untilUs : undefined;
  }

  /** How long it has been quiet. */
  get forMs(): number {
    const { sinceUs } = this;
    return sinceUs === undefined ? 0 : (this.#scheduler.nowUs - sinceUs) / 1000;
  }

  /** The earliest moment by which some program may still go: what was so before is known to all to be over. */
  get horizonUs(): number {
    const recentUs = this.#scheduler.nowUs - boundsMs.view * 1000;
    const isUnrest = this.#active.size > 0 || this.#untilUs >= recentUs;
    return isUnrest ? Math.min(this.#fromUs - boundsMs.view * 1000, recentUs) : recentUs;
  }

  faultBegan(fault: Fault): void {
    if (this.#disturbs(fault)) this.#begin(fault);
  }

  faultEnded(fault: Fault): void {
    if (this.#disturbs(fault)) this.#finish(fault, afterEffectsMs[fault.kind]);
  }

  ended(process: ProcessRef): void {
    if (this.#alive.ended(process)) this.#begin(`${process.node}/${process.program}`);
  }

  started(process: ProcessRef): void {
    this.#alive.started(process);
    this.#finish(`${process.node}/${process.program}`, boundsMs.start);
  }

  #begin(what: Fault | string): void {
    const { nowUs } = this.#scheduler;
    if (this.#active.size === 0 && this.#untilUs <= nowUs) this.#fromUs = nowUs;
    this.#active.add(what);
    this.#end();
  }

  #finish(what: Fault | string, restMs: number): void {
    this.#active.delete(what);
    this.#untilUs = Math.max(this.#untilUs, this.#scheduler.nowUs + restMs * 1000);
    if (this.#active.size === 0) this.#endsAt(this.#untilUs);
  }

  #endsAt(atUs: number): void {
    this.#end();
    this.#end = this.#scheduler.at(atUs, this.#became);
  }
}
