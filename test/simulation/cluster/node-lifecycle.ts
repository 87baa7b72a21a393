// The Ready condition of Nodes: kubelets say that they live, and kube-controller-manager that one does not when it has heard nothing for long.
import { nodes } from '#shared/kube/resources.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { Apiserver } from '../apiserver/apiserver.ts';
import { fieldsOf } from '../apiserver/object.ts';
import { once } from '../cancel.ts';
import type { Scheduler } from '../time/scheduler.ts';

/** --node-monitor-grace-period, and how long after a kubelet is back it has said so. */
const graceUs = 50_000_000;
const backUs = 1_000_000;

export class NodeLifecycle {
  readonly #apiserver: Apiserver;
  readonly #scheduler: Scheduler;
  readonly #silences = new Map<string, number>();
  readonly #pending = new Map<string, Cancel>();

  constructor(apiserver: Apiserver, scheduler: Scheduler) {
    this.#apiserver = apiserver;
    this.#scheduler = scheduler;
  }

  /** The kubelet of this node is not heard until the answer is called. Silences add up. */
  silence(node: string): Cancel {
    this.#count(node, 1);
    return once(() => this.#count(node, -1));
  }

  #count(node: string, by: number): void {
    const before = this.#silences.get(node) ?? 0;
    this.#silences.set(node, before + by);
    if (before > 0 === before + by > 0) return;
    this.#pending.get(node)?.();
    const isSilent = before + by > 0;
    this.#pending.set(
      node,
      this.#scheduler.after(isSilent ? graceUs : backUs, () => this.#tell(node, isSilent ? 'Unknown' : 'True')),
    );
  }

  #tell(name: string, ready: 'True' | 'Unknown'): void {
    this.#apiserver.edit(nodes, undefined, name, (node) => ({
      ...node,
      status: { ...fieldsOf(node['status']), conditions: [{ type: 'Ready', status: ready }] },
    }));
  }
}
