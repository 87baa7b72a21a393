// A program's view of kube-proxy's health on its simulated node. One that hangs lets the question run into its time-out.
import type { KubeProxyHealth, KubeProxyProbe } from '#speaker/kube-proxy/health.ts';
import type { Thread } from '../thread.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { KubeProxy } from './kube-proxy.ts';

const answerUs = 1_000;
const timeoutUs = 1_000_000;
const takingCostUs = 50;

export interface KubeProxyProbeDependencies {
  readonly scheduler: Scheduler;
  readonly thread: Thread;
  readonly kubeProxy: Pick<KubeProxy, 'answers'>;
}

export class SimulatedKubeProxyProbe implements KubeProxyProbe {
  readonly #dependencies: KubeProxyProbeDependencies;
  /** What a kube-proxy that runs says. */
  health: KubeProxyHealth = 'healthy';

  constructor(dependencies: KubeProxyProbeDependencies) {
    this.#dependencies = dependencies;
  }

  ask(answered: (health: KubeProxyHealth) => void): void {
    const { scheduler, thread, kubeProxy } = this.#dependencies;
    thread.assertTurn();
    const { answers } = kubeProxy;
    const health = answers === 'at once' ? this.health : 'silent';
    scheduler.after(answers === 'never' ? timeoutUs : answerUs, () =>
      thread.receive(() => answered(health), takingCostUs),
    );
  }
}
