// The writes to Services that are under way, and what follows from them: until the watch shows what became of a write, its addresses count as
// the Service's own, so that a lagging cache gives no address to two.
//
// A write carries the version that it was made for. It is stored only if that is still the newest, so once the watch shows any other version,
// the outcome is decided and visible; versions are compared for equality only.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { KubeError, KubeRequest } from '#shared/kube/kube-api.ts';
import { services } from '#shared/kube/resources.ts';
import type { WriteQueue } from '#shared/kube/write-queue.ts';
import type { Priority, Write, WriteOutcome } from '#shared/kube/write.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Address } from '../allocation/address.ts';
import type { DesiredStatus } from './status.ts';

export interface ServiceWrite {
  readonly service: ServiceView;
  /** The version that it was made for. */
  readonly resourceVersion: string;
  /** What the Service holds once it is written. */
  readonly addresses: readonly Address[];
  readonly pool: string | undefined;
  readonly priority: Priority;
  readonly desired: DesiredStatus;
  /** Made when it is sent: thousands may wait. */
  patch(): object;
  /** The apiserver has stored it. */
  written(): void;
}

interface Issued extends ServiceWrite {
  /**
   * queued: waits or is in flight. unknown: no answer came. written: stored, and not yet shown by the watch. void: not stored, since there is
   * another version, which the watch has not shown yet.
   */
  state: 'queued' | 'unknown' | 'written' | 'void';
  storedVersion: string | undefined;
  /** As the queue has it: of the same key there may also be the clean-up of a predecessor. */
  readonly queued: Write;
}

export interface ServiceWritesListener {
  /** What is under way for it has changed: others may have waited for what it released. */
  changed(key: ObjectKey): void;
  /** What was assumed may not be so: plan again. */
  disproved(): void;
  /** Undefined: no longer. */
  refused(service: ServiceView, error: KubeError | undefined): void;
}

export class ServiceWrites {
  readonly #queue: WriteQueue;
  readonly #shownVersion: (key: ObjectKey) => string | undefined;
  readonly #listener: ServiceWritesListener;
  readonly #issued = new Map<ObjectKey, Issued>();

  /** `shownVersion`: that of the watch. */
  constructor(
    queue: WriteQueue,
    shownVersion: (key: ObjectKey) => string | undefined,
    listener: ServiceWritesListener,
  ) {
    this.#queue = queue;
    this.#shownVersion = shownVersion;
    this.#listener = listener;
  }

  /** What is under way for the Service and counts as its own. Undefined: its status is the truth. */
  assumed(key: ObjectKey): Pick<ServiceWrite, 'addresses' | 'pool'> | undefined {
    const issued = this.#issued.get(key);
    return issued?.state === 'void' ? undefined : issued;
  }

  /** The addresses that the apiserver may show for the Service, now or when a write under way comes through. */
  possible(key: ObjectKey, shown: readonly Ip[]): readonly Ip[] {
    const issued = this.#issued.get(key);
    if (issued === undefined || issued.state === 'void') return shown;
    const assumed = issued.addresses.map(({ ip }) => ip);
    return issued.state === 'written' ? assumed : [...shown, ...assumed];
  }

  /** What only waits is replaced. False when the outcome of an earlier write to something else has to be awaited. */
  issue(write: ServiceWrite): boolean {
    const { key } = write.service;
    const before = this.#issued.get(key);
    if (before !== undefined) {
      const isSame = before.resourceVersion === write.resourceVersion && deepEqual(before.desired, write.desired);
      if (isSame && before.state !== 'void') return true;
      if (before.state !== 'queued' || !this.#queue.recall(before.queued)) return false;
    }
    const queued: Write = {
      key: queueKey(key),
      priority: write.priority,
      get request() {
        return statusRequest(write.service, write.patch());
      },
      settled: (outcome) => this.#settled(issued, outcome),
    };
    const issued: Issued = { ...write, state: 'queued', storedVersion: undefined, queued };
    this.#issued.set(key, issued);
    this.#listener.changed(key);
    this.#queue.add(queued);
    return true;
  }

  /**
   * Its status shows what is desired: what only waits to be sent would be wrong. False when something else is on its way or stored already, and
   * the watch has yet to show it: its status is not what it seems.
   */
  withdraw(key: ObjectKey, desired: DesiredStatus): boolean {
    const issued = this.#issued.get(key);
    if (issued === undefined || issued.state === 'void') return true;
    if (issued.state === 'queued' && this.#queue.recall(issued.queued)) {
      this.#forget(issued);
      return true;
    }
    return deepEqual(issued.desired, desired);
  }

  /** The watch shows this version. False when that is no news: our own write, or one whose outcome is about to be known. */
  shown(key: ObjectKey, resourceVersion: string): boolean {
    const issued = this.#issued.get(key);
    if (issued === undefined || issued.resourceVersion === resourceVersion) return true;
    const { state, storedVersion, queued } = issued;
    if ((state === 'queued' || state === 'unknown') && !this.#queue.recall(queued)) return false;
    this.#forget(issued);
    return state !== 'written' || storedVersion !== resourceVersion;
  }

  /** The Service is not ours any more. True when something was under way for it. */
  gone(key: ObjectKey): boolean {
    const issued = this.#issued.get(key);
    if (issued === undefined) return false;
    this.#queue.recall(issued.queued);
    this.#forget(issued);
    return true;
  }

  /** With the Lease goes all that was under way: what became of it is read anew before the next write. */
  reset(): void {
    for (const { queued } of this.#issued.values()) this.#queue.recall(queued);
    this.#issued.clear();
  }

  #settled(issued: Issued, outcome: WriteOutcome): void {
    const { key } = issued.service;
    if (this.#issued.get(key) !== issued) return;
    const isShown = this.#shownVersion(key) !== issued.resourceVersion;
    if (outcome.kind === 'refused' && !isShown) {
      this.#listener.refused(issued.service, outcome.error);
      return;
    }
    if (isShown || outcome.kind === 'dropped') this.#forget(issued);
    if (outcome.kind === 'written') {
      this.#stored(issued, outcome.resourceVersion, isShown);
      return;
    }
    if (outcome.kind === 'unknown' && !isShown) {
      issued.state = 'unknown';
      return;
    }
    issued.state = 'void';
    this.#queue.recall(issued.queued);
    this.#listener.disproved();
  }

  #stored(issued: Issued, version: string, isShown: boolean): void {
    issued.state = 'written';
    issued.storedVersion = version;
    this.#listener.refused(issued.service, undefined);
    issued.written();
    if (isShown && this.#shownVersion(issued.service.key) !== version) this.#listener.disproved();
    else this.#listener.changed(issued.service.key);
  }

  #forget(issued: Issued): void {
    this.#issued.delete(issued.service.key);
    this.#listener.changed(issued.service.key);
    this.#listener.refused(issued.service, undefined);
  }
}

export function queueKey(key: ObjectKey): string {
  return `services/${key}`;
}

/** The answer is read for its version only. */
export function statusRequest({ namespace, name }: { namespace: string; name: string }, body: object): KubeRequest {
  const target = { resource: services, namespace, name, subresource: 'status' } as const;
  return { verb: 'patch', patch: 'strategic', ...target, body, metadataOnly: true };
}
