// Metrics of how the cluster is read and decided about, under MetalLB's names where it has one.
import { hasErrors } from '#shared/config/problem.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { Counter, Gauge, Histogram, Metrics } from '#shared/runtime/metrics.ts';
import type { KubeProxyWatch } from '../kube-proxy/watch.ts';

const planBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];

export class ClusterMetrics {
  readonly #planSeconds: Histogram;
  readonly #objects: Gauge;
  readonly #loaded: Gauge;
  readonly #stale: Gauge;
  readonly #updates: Counter;
  readonly #updateErrors: Counter;
  readonly #kubeProxyHealthy: Gauge;

  constructor(metrics: Metrics) {
    this.#planSeconds = metrics.histogram('ingot_plan_duration_seconds', 'Time to decide who announces', planBuckets);
    this.#objects = metrics.gauge('ingot_snapshot_objects', 'Objects that decisions are made from', ['kind']);
    this.#loaded = metrics.gauge('metallb_k8s_client_config_loaded_bool', '1 once a configuration was read');
    this.#stale = metrics.gauge(
      'metallb_k8s_client_config_stale_bool',
      '1 while objects have errors and their last good version is in force',
    );
    this.#updates = metrics.counter('metallb_k8s_client_updates_total', 'Updates from the apiserver acted on');
    this.#updateErrors = metrics.counter(
      'metallb_k8s_client_update_errors_total',
      'Updates from the apiserver acted on while the configuration had errors',
    );
    this.#kubeProxyHealthy = metrics.gauge(
      'ingot_kube_proxy_healthy',
      '1 while kube-proxy of this node says that it forwards, 0 while it does not, -1 if it never answered',
    );
    this.#loaded.set({}, 0);
    this.#stale.set({}, 0);
  }

  decided(durationMs: number, sizes: ReadonlyMap<string, number>, problems: readonly Problem[]): void {
    const stale = hasErrors(problems);
    this.#planSeconds.observe({}, durationMs / 1000);
    for (const [kind, size] of sizes) this.#objects.set({ kind }, size);
    this.#loaded.set({}, 1);
    this.#stale.set({}, stale ? 1 : 0);
    this.#updates.add({});
    if (stale) this.#updateErrors.add({});
  }
  kubeProxy({ gate, health }: Pick<KubeProxyWatch, 'gate' | 'health'>): void {
    const isHealthy = health === 'healthy' || health === 'ineligible';
    this.#kubeProxyHealthy.set({}, gate === 'unknown' ? -1 : Number(isHealthy));
  }
}
