// A4: no write leaves a controller later than 5 s after its last accepted renewal of the Lease was sent, by the clock of its machine, nor before it
// has the Lease or after it gave it back; and nobody takes a Lease that another one holds.
import { leases } from '#shared/kube/resources.ts';
import type { KubeAnswer, KubeRequest } from '#shared/kube/kube-api.ts';
import { fieldsOf, type KubeObject } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { ProcessRef } from '../observer.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { heldBy, isLeaseWrite } from './lease-writes.ts';
import type { Scene } from './scene.ts';

interface Lease {
  /** When those under way were sent. */
  readonly sentMs: Map<KubeRequest, number>;
  renewedMs: number | undefined;
}

export class A4 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #leases = new Map<string, Lease>();
  /** When the Lease was stored last. */
  #renewedUs = -Infinity;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  requested(process: ProcessRef, request: KubeRequest): void {
    if (process.program !== 'controller' || request.verb === 'get' || request.verb === 'list') return;
    const nowMs = this.#scene.world.machine(process.node).monotonicMs;
    const lease = this.#lease(process);
    if (isLeaseWrite(request)) lease.sentMs.set(request, nowMs);
    else this.#judge(process, request, lease.renewedMs === undefined ? Infinity : nowMs - lease.renewedMs);
  }

  /** Nobody takes what another one has renewed within its duration. */
  stored({ resource, before, object }: StoreChange): void {
    if (resource.plural !== leases.plural) return;
    const { nowUs } = this.#scene;
    const [holder, previous] = [holderOf(object), before === undefined ? '' : holderOf(before)];
    if (previous !== '' && holder !== previous && holder !== '') {
      const ms = (nowUs - this.#renewedUs) / 1000;
      this.#tally.judge(ms >= boundsMs.lease, holder, () => `takes the Lease ${ms} ms after ${previous} renewed it`);
    }
    this.#renewedUs = nowUs;
  }

  answered(process: ProcessRef, request: KubeRequest, answer: KubeAnswer): void {
    if (process.program !== 'controller' || !isLeaseWrite(request)) return;
    const lease = this.#lease(process);
    const sentMs = lease.sentMs.get(request);
    lease.sentMs.delete(request);
    if (answer.kind === 'ok') lease.renewedMs = heldBy(request) === '' ? undefined : sentMs;
  }

  ended({ name }: ProcessRef): void {
    this.#leases.delete(name);
  }

  #judge({ name }: ProcessRef, { verb, resource }: KubeRequest, ms: number): void {
    this.#tally.measure(ms, boundsMs.fence, name, () => {
      return `${verb} ${resource.plural} leaves ${ms === Infinity ? 'without the Lease' : `${ms} ms after the renewal`}`;
    });
  }

  #lease({ name }: ProcessRef): Lease {
    const lease = this.#leases.get(name) ?? { sentMs: new Map<KubeRequest, number>(), renewedMs: undefined };
    this.#leases.set(name, lease);
    return lease;
  }
}

function holderOf(lease: KubeObject): string {
  const { holderIdentity } = fieldsOf(lease['spec']);
  return typeof holderIdentity === 'string' ? holderIdentity : '';
}
