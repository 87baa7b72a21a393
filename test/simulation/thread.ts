// One thread of a simulated process: it takes up what is due one thing after the other, each costs time, and it can be held still. After a
// pause all expired timers run before anything that was received meanwhile: the worst that Node does, and always.
import assert from 'node:assert';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { Random } from '#shared/runtime/random.ts';
import { once } from './cancel.ts';
import type { NodeTime } from './node-time.ts';
import type { Scheduler } from './time/scheduler.ts';

/** Something to be taken up. */
interface Due {
  readonly work: () => void;
  readonly costUs: number;
  readonly cause: number;
}

interface Timer extends Due {
  readonly deadlineMs: number;
  readonly sequence: number;
  /** Undefined once it is cancelled. */
  callback: (() => void) | undefined;
}

export interface ThreadOptions {
  /** As `n1/wire`. */
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly time: NodeTime;
  /** The program in it threw an exception that it did not catch. */
  readonly failed: (exception: unknown) => void;
}

const timerCostUs = 5;
/** Node never waits less. */
const leastDelayMs = 1;
/** Taken from the inbox before timers are looked at again. */
const pollBatch = 256;

export class Thread {
  readonly name: string;
  /** As the program in this thread sees time. Whoever asks it to wait from outside one of this thread's turns is at fault. */
  readonly clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #time: NodeTime;
  readonly #failed: (exception: unknown) => void;
  #expired: Timer[] = [];
  #inbox: Due[] = [];
  /** What is left of the turn that the thread is in. */
  #turn: Due[] = [];
  #sequence = 0;
  #holds = 0;
  #ended = false;
  #isInTurn = false;
  #busyUntilUs = 0;
  #waking: Cancel | undefined;
  #timers = 0;
  /** How many times slower than usual everything is. */
  slowness = 1;
  /** Told when it is held, goes on or ends. */
  changed: (() => void) | undefined;

  constructor({ name, scheduler, time, failed }: ThreadOptions) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#time = time;
    this.#failed = failed;
    this.clock = {
      nowMs: () => time.monotonicMs(),
      wallMs: () => time.wallMs(),
      after: (delayMs, callback) => this.#after(delayMs, callback),
    };
  }

  /** Still there, though it may be held. */
  get isAlive(): boolean {
    return !this.#ended;
  }

  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** Chance as this thread's program sees it: not to be asked outside a turn. */
  random(random: Random): Random {
    return {
      next32: () => {
        this.assertTurn();
        return random.next32();
      },
    };
  }

  /** Armed, and neither expired nor cancelled. */
  get timers(): number {
    return this.#timers;
  }

  assertTurn(): void {
    assert(this.#isInTurn, `${this.name}: used outside a turn`);
  }

  /** Something comes from outside (a packet, an answer, a message): taken up in the next poll phase. */
  receive(work: () => void, costUs: number): void {
    if (this.#ended) return;
    this.#inbox.push({ work, costUs, cause: this.#scheduler.cause });
    this.#wake();
  }

  /** The program is busy for that long, in the middle of a turn. */
  spend(us: number): void {
    this.#busyUntilUs = Math.max(this.#busyUntilUs, this.#scheduler.nowUs) + us * this.slowness;
  }

  /** Held still until the answer is called: as by SIGSTOP, by garbage collection, or with the machine. Holds add up. */
  hold(): Cancel {
    this.#holds++;
    this.changed?.();
    return once(() => {
      this.#holds--;
      this.changed?.();
      this.#wake();
    });
  }

  /** For good, at once. */
  end(): void {
    this.#ended = true;
    this.#expired = [];
    this.#inbox = [];
    this.#turn = [];
    this.changed?.();
  }

  #after(delayMs: number, callback: () => void): Cancel {
    this.assertTurn();
    const waitMs = Math.max(leastDelayMs, delayMs);
    const timer: Timer = {
      deadlineMs: this.#time.monotonicMs() + waitMs,
      sequence: this.#sequence++,
      cause: this.#scheduler.cause,
      costUs: timerCostUs,
      // One that an earlier one cancels does not run.
      work: () => this.#disarm(timer)?.(),
      callback,
    };
    this.#timers++;
    this.#arm(timer, waitMs);
    return () => this.#disarm(timer);
  }

  /** What it was to call, if it was not yet called or cancelled. */
  #disarm(timer: Timer): (() => void) | undefined {
    const { callback } = timer;
    if (callback !== undefined) this.#timers--;
    timer.callback = undefined;
    return callback;
  }

  #arm(timer: Timer, waitMs: number): void {
    this.#scheduler.after(this.#time.us(waitMs), () => this.#expire(timer));
  }

  #expire(timer: Timer): void {
    if (this.#ended || timer.callback === undefined) return;
    // The machine's clock stood still meanwhile.
    const missingMs = timer.deadlineMs - this.#time.monotonicMs();
    if (missingMs > 0.001) return this.#arm(timer, missingMs);
    this.#expired.push(timer);
    this.#wake();
  }

  /** Takes up what is due until it is busy. */
  #wake(): void {
    if (this.#isInTurn || this.#waking !== undefined) return;
    while (this.#hasDue) {
      if (this.#ended || this.isHeld) return;
      if (this.#scheduler.nowUs < this.#busyUntilUs) return this.#wakeLater();
      this.#takeUp(this.#turn.shift() ?? this.#nextTurn());
    }
  }

  #wakeLater(): void {
    this.#waking = this.#scheduler.at(this.#busyUntilUs, () => {
      this.#waking = undefined;
      this.#wake();
    });
  }

  get #hasDue(): boolean {
    return this.#turn.length + this.#expired.length + this.#inbox.length > 0;
  }

  #takeUp(due: Due | undefined): void {
    if (due === undefined) return;
    this.#scheduler.cause = due.cause;
    this.spend(due.costUs);
    this.#isInTurn = true;
    try {
      due.work();
    } catch (exception) {
      this.#failed(exception);
    }
    this.#isInTurn = false;
  }

  /** Expired timers by their deadlines, then what was received. Answers with the first. */
  #nextTurn(): Due | undefined {
    if (this.#expired.length === 0) return this.#inbox.length === 1 ? this.#inbox.pop() : this.#poll();
    if (this.#expired.length === 1 && this.#inbox.length === 0) return this.#expired.pop();
    const timers = this.#expired.toSorted((a, b) => a.deadlineMs - b.deadlineMs || a.sequence - b.sequence);
    this.#expired = [];
    this.#turn = [...timers, ...this.#inbox.splice(0, pollBatch)];
    return this.#turn.shift();
  }

  #poll(): Due | undefined {
    this.#turn = this.#inbox.splice(0, pollBatch);
    return this.#turn.shift();
  }
}
