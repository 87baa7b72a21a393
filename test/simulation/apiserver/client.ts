// A process as the simulated apiserver knows it, and what can be learnt about its requests.
import type { Clock } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import type { ApiClient } from './trouble.ts';

export interface Client extends ApiClient {
  /** What came for it: taken up when it runs (a Thread queues it), at this cost. */
  receive(work: () => void, costUs: number): void;
  /** Its time-outs run on this, in its turns. Absent: on the simulation's. */
  readonly clock?: Clock;
}

/** Told within the process's turns. */
export interface ConnectionHooks {
  requested?(request: KubeRequest): void;
  answered?(request: KubeRequest, answer: KubeAnswer): void;
  watching?(request: WatchRequest): void;
  watched?(request: WatchRequest, event: WatchEvent): void;
}
