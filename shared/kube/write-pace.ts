// When the next write may go out: within the window, not while the apiserver wants to be left alone, and no faster than its kind is allowed.
import { fullBucket, refill, type TokenBucket, type TokenBucketLimit } from '../runtime/token-bucket.ts';
import { afterAnswer, afterTrouble, newWindow, type WindowLimits, type WriteWindow } from './write-window.ts';
import { priorities, type Priority } from './write.ts';

export interface PaceLimits {
  readonly window: WindowLimits;
  /** The only writes that have a rate, and their rate, together. */
  readonly rated: readonly Priority[];
  readonly rate: TokenBucketLimit;
}

export const paceLimits: Readonly<Record<'controller' | 'speaker', PaceLimits>> = {
  controller: {
    window: { least: 4, most: 32 },
    rated: ['condition', 'poolStatus', 'announced', 'cleanUp'],
    rate: { perSecond: 20, burst: 20 },
  },
  speaker: {
    window: { least: 4, most: 4 },
    rated: priorities,
    rate: { perSecond: 10, burst: 50 },
  },
};

export class WritePace {
  readonly #limits: PaceLimits;
  #window: WriteWindow;
  #bucket: TokenBucket;
  #pausedUntilMs = 0;

  constructor(limits: PaceLimits, nowMs: number) {
    this.#limits = limits;
    this.#window = newWindow(limits.window);
    this.#bucket = fullBucket(limits.rate, nowMs);
  }

  /** Most that may be in flight. */
  get window(): number {
    return this.#window.size;
  }

  /** What may be sent now. */
  allows(priority: Priority, nowMs: number): boolean {
    if (nowMs < this.#pausedUntilMs) return false;
    this.#bucket = refill(this.#bucket, this.#limits.rate, nowMs);
    return !this.#limits.rated.includes(priority) || this.#bucket.tokens >= 1;
  }

  /** When something more may be allowed by time alone; undefined when time changes nothing. */
  waitMs(nowMs: number): number | undefined {
    const tokenMs = this.#bucket.tokens >= 1 ? 0 : ((1 - this.#bucket.tokens) * 1000) / this.#limits.rate.perSecond;
    const waitMs = Math.max(this.#pausedUntilMs - nowMs, tokenMs);
    return waitMs > 0 ? waitMs : undefined;
  }

  sent(priority: Priority): void {
    if (this.#limits.rated.includes(priority)) this.#bucket = { ...this.#bucket, tokens: this.#bucket.tokens - 1 };
  }

  answered(tookMs: number): void {
    this.#window = afterAnswer(this.#window, this.#limits.window, tookMs);
  }

  trouble(): void {
    this.#window = afterTrouble(this.#window, this.#limits.window);
  }

  pause(untilMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
  }
}
