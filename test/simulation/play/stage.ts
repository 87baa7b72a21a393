// A world under judgement: a scenario makes it run and things happen in it, and the first violation ends it.
import type { Violation as InvariantViolated } from '../checkers/checker.ts';
import { Checkers } from '../checkers/all.ts';
import type { Fault, ScheduledFault } from '../faults/fault.ts';
import { World } from '../world/world.ts';
import { Answerers } from './answerers.ts';
import { FaultLog } from './fault-log.ts';
import type { Topology } from './simulation-case.ts';

/** Of an invariant, or of what a scenario expects: that has the scenario's name. */
export type Violation = Omit<InvariantViolated, 'invariant'> & { readonly invariant: string };

export interface StageOptions {
  readonly seed: number;
  readonly topology: Topology;
  /** Of the scenario: named by what its own expectations find wrong. */
  readonly name: string;
  /** Violations are collected instead of ending the run. */
  readonly keepGoing?: boolean;
  /** Gets the world before anything happens in it. */
  readonly built?: (world: World) => void;
}

/** Thrown through a scenario that is over early. */
class Over extends Error {}

export class Stage {
  readonly world: World;
  readonly answerers = new Answerers(() => this.world.scheduler.nowUs);
  readonly faultLog = new FaultLog(() => this.world.scheduler.nowUs);
  readonly checkers: Checkers;
  readonly #options: StageOptions;
  readonly #violations: Violation[] = [];

  constructor(options: StageOptions) {
    this.#options = options;
    this.world = new World({ ...options.topology, seed: options.seed });
    this.world.observe(this.answerers);
    this.world.observe(this.faultLog);
    this.checkers = new Checkers(this.world, {
      keepGoing: options.keepGoing === true,
      found: (violation) => this.#found(violation),
    });
    options.built?.(this.world);
  }

  /** In the order in which they were found. */
  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** From the start of the cluster to the end of the script. */
  play(script: (stage: Stage) => void): void {
    try {
      this.world.boot();
      script(this);
      this.world.finish();
      this.checkers.finish();
    } catch (error) {
      if (!(error instanceof Over)) throw error;
    }
  }

  run(ms: number): void {
    this.world.run(ms);
    this.#endIfOver();
  }

  /** Begins now. */
  apply(fault: Fault): void {
    this.world.apply(fault);
  }

  plan(schedule: readonly ScheduledFault[]): void {
    this.world.plan(schedule);
  }

  /** Of the scenario itself. */
  expect(holds: boolean, subject: string, message: string): void {
    if (holds) return;
    this.#found({ invariant: this.#options.name, atUs: this.world.scheduler.nowUs, subject, message });
    this.#endIfOver();
  }

  #found(violation: Violation): void {
    if (this.#isOver) return;
    this.#violations.push(violation);
    this.world.trace.record('judge', 'violation', violation.subject, `${violation.invariant}: ${violation.message}`);
    if (this.#isOver) this.world.scheduler.stop();
  }

  get #isOver(): boolean {
    return this.#violations.length > 0 && this.#options.keepGoing !== true;
  }

  #endIfOver(): void {
    if (this.#isOver) throw new Over();
  }
}
