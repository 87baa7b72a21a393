// Sends the daemon's writes: for each key the newest, the most urgent first, no more at once than the apiserver takes quickly, and again what
// failed. Before each request it asks the fence: a process that may have lost its Lease writes nothing.
import type { Cancel } from '../runtime/clock.ts';
import { uniform } from '../runtime/random.ts';
import type { KubeDependencies } from './dependencies.ts';
import type { KubeAnswer, KubeError } from './kube-api.ts';
import { kubeMetrics, type KubeMetrics } from './kube-metrics.ts';
import { RetryQueue, type Entry } from './retry-queue.ts';
import { describeError } from './status.ts';
import { judge, type Verdict } from './write-verdict.ts';
import { paceLimits, WritePace } from './write-pace.ts';
import type { Write, WriteOutcome } from './write.ts';

export interface WriteQueueOptions {
  readonly daemon: 'controller' | 'speaker';
  /** The fence, asked before each request: when it says no the write is dropped. */
  mayWrite(): boolean;
}

const firstBackOffMs = 100;
const longestBackOffMs = 60_000;
/** Of what only a person can set right: rights, or content that the apiserver refuses. */
const longestLateBackOffMs = 300_000;
/** How long the watch has to show what became of a write without an answer. */
const unknownMs = 10_000;
const jitterPercent = 20;
const drainMs = 3_000;

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #dependencies: KubeDependencies;
  readonly #metrics: KubeMetrics;
  readonly #queue = new RetryQueue();
  readonly #pace: WritePace;
  readonly #wakeUps = new Map<string, Cancel>();
  #pumping = false;
  #pumpLater: Cancel | undefined;
  #stopping: { readonly done: () => void; readonly giveUp: Cancel } | undefined;
  #stopped = false;

  constructor(options: WriteQueueOptions, dependencies: KubeDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#metrics = kubeMetrics(dependencies.metrics);
    this.#pace = new WritePace(paceLimits[options.daemon], dependencies.clock.nowMs());
  }

  /**
   * Takes the place of a write of the same key that waits, whose owner hears `dropped`; one in flight it follows.
   * The same request again keeps its place and its back-off.
   */
  add(write: Write): void {
    if (this.#stopping !== undefined || this.#stopped) return write.settled({ kind: 'dropped' });
    const dropped = this.#queue.add(write, this.#nowMs());
    if (dropped.some(({ key }) => key !== write.key) || dropped.includes(write)) {
      this.#metrics.limitReached.add({ limit: 'writeQueue' });
    }
    if (this.#queue.get(write.key)?.state !== 'waiting') this.#forgetWakeUp(write.key);
    for (const { settled } of dropped) settled({ kind: 'dropped' });
    this.#pump();
  }

  /** Forgets what waits for the key, whoever added it, without a word; what is in flight still settles. */
  remove(key: string): void {
    this.#queue.remove(key);
    this.#forgetWakeUp(key);
    this.#finishWhenEmpty();
  }

  /** Forgets this very write, without a word, if it waits, and leaves others of its key alone. False when it is in flight, and will settle. */
  recall(write: Write): boolean {
    const isBack = this.#queue.recall(write);
    if (this.#queue.get(write.key)?.state !== 'waiting') this.#forgetWakeUp(write.key);
    this.#finishWhenEmpty();
    return isBack;
  }

  /** Something waits or is in flight for the key. */
  has(key: string): boolean {
    return this.#queue.get(key) !== undefined;
  }

  /** Drops all that waits: the Lease is lost. */
  clear(): void {
    for (const cancel of this.#wakeUps.values()) cancel();
    this.#wakeUps.clear();
    for (const { settled } of this.#queue.clear()) settled({ kind: 'dropped' });
  }

  /** Takes nothing more, sends what it holds for at most 3 s, drops the rest, then calls `done`. */
  stop(done: () => void): void {
    const giveUp = this.#dependencies.clock.after(drainMs, () => this.#finish());
    this.#stopping = { done, giveUp };
    this.#finishWhenEmpty();
  }

  /** Sets the gauges that are computed when they are scraped. */
  refresh(): void {
    const oldestMs = this.#queue.oldestMs();
    this.#metrics.queueDepth.set({}, this.#queue.size);
    this.#metrics.queueOldest.set({}, oldestMs === undefined ? 0 : (this.#nowMs() - oldestMs) / 1000);
  }

  #nowMs(): number {
    return this.#dependencies.clock.nowMs();
  }

  #forgetWakeUp(key: string): void {
    this.#wakeUps.get(key)?.();
    this.#wakeUps.delete(key);
  }

  /** Sends what may be sent. Owners may add and remove while it runs. */
  #pump(): void {
    if (this.#pumping || this.#stopped) return;
    this.#pumping = true;
    while (this.#queue.inFlight < this.#pace.window) {
      const entry = this.#queue.take((priority) => this.#pace.allows(priority, this.#nowMs()));
      if (entry === undefined) break;
      this.#send(entry);
    }
    this.#pumping = false;
    this.#pumpWhenTimeAllows();
    this.#finishWhenEmpty();
  }

  #pumpWhenTimeAllows(): void {
    this.#pumpLater?.();
    this.#pumpLater = undefined;
    const waitMs = this.#queue.hasReady() ? this.#pace.waitMs(this.#nowMs()) : undefined;
    if (waitMs !== undefined) this.#pumpLater = this.#dependencies.clock.after(waitMs, () => this.#pump());
  }

  #send({ key, write }: Entry): void {
    if (!this.#options.mayWrite()) {
      this.#queue.end(key, this.#nowMs(), { uncertain: false });
      return write.settled({ kind: 'dropped' });
    }
    const sentMs = this.#nowMs();
    this.#pace.sent(write.priority);
    this.#dependencies.api.request(write.request, (answer) => this.#answered(key, answer, sentMs));
  }

  #answered(key: string, answer: KubeAnswer, sentMs: number): void {
    const entry = this.#queue.get(key);
    if (entry === undefined || this.#stopped) return;
    const verdict = judge(answer);
    this.#learn(verdict, sentMs);
    entry.write.settled(this.#settle(entry, verdict));
    this.#pump();
  }

  /** What the answer tells about the apiserver. */
  #learn(verdict: Verdict, sentMs: number): void {
    const nowMs = this.#nowMs();
    if (verdict.kind === 'overload' || verdict.kind === 'unknown') this.#pace.trouble();
    else this.#pace.answered(nowMs - sentMs);
    if (verdict.kind === 'overload') this.#pace.pause(nowMs + verdict.retryAfterMs);
  }

  /** Moves the write on, and answers with what its owner hears. */
  #settle({ key, write, uncertain, failures }: Entry, verdict: Verdict): WriteOutcome {
    const nowMs = this.#nowMs();
    switch (verdict.kind) {
      case 'written':
      case 'gone':
        this.#queue.end(key, nowMs, { uncertain: false });
        return verdict;
      case 'conflict':
        this.#queue.end(key, nowMs, { uncertain });
        return uncertain ? { kind: 'unknown', error: verdict.error } : { kind: 'conflict' };
      case 'refused':
      case 'overload': {
        const late = verdict.kind === 'refused' && verdict.retry === 'late';
        const delayMs = backOffMs(failures, late ? longestLateBackOffMs : longestBackOffMs);
        this.#again(key, write, uncertain, delayMs, verdict.error);
        return { kind: uncertain ? 'unknown' : 'refused', error: verdict.error };
      }
      case 'unknown':
        this.#again(key, write, true, Math.max(unknownMs, backOffMs(failures, longestBackOffMs)), verdict.error);
        return verdict;
    }
  }

  #again(key: string, write: Write, uncertain: boolean, delayMs: number, error: KubeError): void {
    const { resource } = write.request;
    const reason = error.kind === 'connection' ? 'connection' : String(error.code);
    this.#metrics.retries.add({ resource: resource.plural, reason });
    this.#dependencies.log.debug({ key, delayMs, error: describeError(error) }, 'a write has to wait');
    if (!this.#queue.fail(key, this.#nowMs(), { uncertain })) return;
    const { clock, random } = this.#dependencies;
    const percent = uniform(random, 100 - jitterPercent, 100 + jitterPercent);
    this.#wakeUps.set(
      key,
      clock.after((delayMs * percent) / 100, () => {
        this.#wakeUps.delete(key);
        this.#queue.wake(key);
        this.#pump();
      }),
    );
  }

  #finishWhenEmpty(): void {
    if (this.#stopping !== undefined && this.#queue.size === 0) this.#finish();
  }

  #finish(): void {
    if (this.#stopping === undefined || this.#stopped) return;
    this.#stopped = true;
    this.#stopping.giveUp();
    this.#pumpLater?.();
    this.clear();
    this.#stopping.done();
  }
}

function backOffMs(failures: number, capMs: number): number {
  return Math.min(capMs, firstBackOffMs * 2 ** Math.min(failures, 20));
}
