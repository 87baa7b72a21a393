// How one process reaches the model cluster: with delays of its own, and with losses when a test wants them.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeApi, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { lostConnection } from '#test/simulation/scripted-kube-api.ts';
import { isSelected, type Change, type ModelCluster } from './model-cluster.ts';

/** Milliseconds, asked anew each time. */
export interface Delays {
  readonly request: () => number;
  readonly answer: () => number;
  readonly watch: () => number;
}

export const promptly: Delays = { request: () => 1, answer: () => 1, watch: () => 1 };

/** `request`: it never arrives. `answer`: it was done, and nobody hears of it. */
export type Loss = 'request' | 'answer' | undefined;

/** How long a client waits for an answer that does not come. */
const timeoutMs = 5_000;

export class Connection implements KubeApi {
  readonly #cluster: ModelCluster;
  readonly #clock: Clock;
  readonly #delays: Delays;
  /** What is to be lost. */
  losing: (request: KubeRequest) => Loss = () => undefined;
  /** The process is gone: what it has sent arrives, and nothing comes back. */
  isDead = false;

  constructor(cluster: ModelCluster, clock: Clock, delays: Delays = promptly) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#delays = delays;
  }

  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel {
    if (this.isDead) return () => {};
    const body = structuredClone(request);
    const loss = this.losing(request);
    let cancelled = false;
    const answer = (given: KubeAnswer, delayMs: number): void => {
      this.#clock.after(delayMs, () => {
        if (!cancelled && !this.isDead) answered(structuredClone(given));
      });
    };
    if (loss !== undefined) answer({ kind: 'failed', error: lostConnection('ETIMEDOUT') }, timeoutMs);
    if (loss !== 'request') {
      this.#clock.after(this.#delays.request(), () => {
        const done = this.#cluster.perform(body);
        if (loss === undefined) answer(done, this.#delays.answer());
      });
    }
    return () => (cancelled = true);
  }

  /** Streamed lists and watches; what happens comes late, and in order. */
  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    let over = this.isDead;
    let lastMs = 0;
    const tell = (event: WatchEvent): void => {
      lastMs = Math.max(lastMs, this.#clock.nowMs() + this.#delays.watch());
      this.#clock.after(lastMs - this.#clock.nowMs(), () => {
        if (!over && !this.isDead) happened(structuredClone(event));
      });
    };
    const line = (type: string, object: object): void => tell({ kind: 'line', line: { type, object } });
    tell({ kind: 'opened' });
    if (request.sendInitialEvents === true) {
      for (const object of this.#cluster.list(request.resource.plural)) {
        if (isSelected(request, object)) line('ADDED', object);
      }
    }
    line('BOOKMARK', bookmark(this.#cluster.version));
    const unfollow = this.#cluster.follow((change) => {
      const seen = asSelected(change, request);
      if (seen !== undefined && !over) line(seen.type, seen.object);
    });
    return () => {
      over = true;
      unfollow();
    };
  }
}

function bookmark(version: number): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { metadata: { resourceVersion: String(version), annotations } };
}

/** What leaves the selection is DELETED to those who watch it, what comes into it ADDED. */
function asSelected(change: Change, request: WatchRequest): Pick<Change, 'type' | 'object'> | undefined {
  if (change.resource !== request.resource.plural) return undefined;
  const was = change.before !== undefined && isSelected(request, change.before);
  const is = change.type !== 'DELETED' && isSelected(request, change.object);
  if (was && !is) return { type: 'DELETED', object: change.object };
  if (!is) return undefined;
  return { type: was ? 'MODIFIED' : 'ADDED', object: change.object };
}
