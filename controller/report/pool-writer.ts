// Keeps the status of the IPAddressPools: written only when it changed, and each pool at most every 2 s however fast addresses are given out.
import { ipAddressPools, type IPAddressPoolStatus } from '#shared/api/ip-address-pool.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { WriteQueue } from '#shared/kube/write-queue.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { PoolUsage } from '../allocation/usage.ts';
import { isSamePoolStatus, poolStatus } from './pool-status.ts';
import type { PoolView } from '../pool-view.ts';

const shortestIntervalMs = 2_000;

interface Issued {
  readonly uid: string;
  /** Undefined once the watch has shown what became of it. */
  readonly status: IPAddressPoolStatus | undefined;
  readonly atMs: number;
}

export class PoolWriter {
  readonly #queue: WriteQueue;
  readonly #clock: Clock;
  readonly #again: () => void;
  readonly #issued = new Map<ObjectKey, Issued>();
  #timer: Cancel | undefined;

  /** `again` is called when something that had to wait can be written. */
  constructor(queue: WriteQueue, clock: Clock, again: () => void) {
    this.#queue = queue;
    this.#clock = clock;
    this.#again = again;
  }

  write(
    pools: ReadonlyMap<ObjectKey, PoolView>,
    usage: ReadonlyMap<string, PoolUsage>,
    problems: readonly Problem[],
  ): void {
    for (const key of this.#issued.keys()) if (!pools.has(key)) this.#issued.delete(key);
    const byPool = Map.groupBy(problems, ({ object }) => object.uid);
    for (const [key, pool] of pools) {
      const used = usage.get(pool.config.name);
      if (used !== undefined)
        this.#writePool(key, pool, poolStatus(pool, used, byPool.get(pool.config.uid) ?? [], this.#clock.wallMs()));
    }
  }

  /** The watch shows the pool, and with it what became of the last write, unless that is still under way. */
  shown(key: ObjectKey): void {
    const issued = this.#issued.get(key);
    if (issued !== undefined && !this.#queue.has(queueKey(key)))
      this.#issued.set(key, { ...issued, status: undefined });
  }

  reset(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#issued.clear();
  }

  #writePool(key: ObjectKey, pool: PoolView, status: IPAddressPoolStatus): void {
    const { uid, namespace, name } = pool.config;
    const issued = this.#issued.get(key);
    const known = issued?.uid === uid ? (issued.status ?? pool.status) : pool.status;
    if (isSamePoolStatus(known, status)) return;
    const atMs = this.#clock.nowMs();
    const waitMs = issued === undefined ? 0 : issued.atMs + shortestIntervalMs - atMs;
    if (waitMs > 0) return this.#wait(waitMs);
    const now = { uid, status, atMs };
    this.#issued.set(key, now);
    this.#queue.add({
      key: queueKey(key),
      priority: 'poolStatus',
      request: {
        verb: 'patch',
        patch: 'merge',
        subresource: 'status',
        resource: ipAddressPools,
        namespace,
        name,
        body: { metadata: { uid }, status },
      },
      settled: ({ kind }) => {
        const isOver = kind === 'conflict' || kind === 'gone' || kind === 'dropped';
        if (isOver && this.#issued.get(key) === now) this.#issued.delete(key);
      },
    });
  }

  #wait(waitMs: number): void {
    this.#timer ??= this.#clock.after(waitMs, () => {
      this.#timer = undefined;
      this.#again();
    });
  }
}

function queueKey(key: ObjectKey): string {
  return `ipaddresspools/${key}`;
}
