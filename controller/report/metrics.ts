// The controller's metrics. Those of pools describe the cluster, so only the leader shows them.
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { PoolUsage } from '../allocation/usage.ts';
import type { Plan } from '../plan.ts';

export type ControllerMetrics = ReturnType<typeof controllerMetrics>;

const planSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function controllerMetrics(metrics: Metrics) {
  const pool = (name: string, help: string) => metrics.gauge(`metallb_allocator_${name}`, help, ['pool']);
  return {
    addresses: pool('addresses_total', 'Addresses of the pool'),
    ipv4Addresses: pool('ipv4_addresses_total', 'IPv4 addresses of the pool'),
    ipv6Addresses: pool('ipv6_addresses_total', 'IPv6 addresses of the pool'),
    addressesInUse: pool('addresses_in_use_total', 'Addresses of the pool that Services hold'),
    ipv4AddressesInUse: pool('ipv4_addresses_in_use_total', 'IPv4 addresses of the pool that Services hold'),
    ipv6AddressesInUse: pool('ipv6_addresses_in_use_total', 'IPv6 addresses of the pool that Services hold'),
    servicesAllocated: pool('services_allocated_total', 'Services that hold an address of the pool'),
    configLoaded: metrics.gauge('metallb_k8s_client_config_loaded_bool', '1 if the configuration was read'),
    configStale: metrics.gauge('metallb_k8s_client_config_stale_bool', '1 if part of the configuration has errors'),
    updates: metrics.counter('metallb_k8s_client_updates_total', 'Changes of objects that were read'),
    updateErrors: metrics.counter('metallb_k8s_client_update_errors_total', 'Writes that the apiserver refused'),
    planSeconds: metrics.histogram('ingot_plan_duration_seconds', 'Time to plan', planSeconds),
    snapshotObjects: metrics.gauge('ingot_snapshot_objects', 'Objects that plans are made from', ['kind']),
    servicesPending: metrics.gauge('ingot_services_pending', 'Services without an address', ['reason']),
    allocations: metrics.counter('ingot_allocations_total', 'Decisions that were written', ['outcome']),
    duplicates: metrics.counter('ingot_duplicate_addresses_total', 'Addresses found with two Services and repaired'),
  };
}

/** Series of pools and reasons that are no more are removed. */
export class PlanMetrics {
  readonly #metrics: ControllerMetrics;
  #pools: ReadonlySet<string> = new Set();
  #reasons: ReadonlySet<string> = new Set();
  #shown: unknown;

  constructor(metrics: ControllerMetrics) {
    this.#metrics = metrics;
  }

  show(plan: Pick<Plan, 'decisions' | 'usage'>): void {
    if (plan === this.#shown) return;
    this.#shown = plan;
    const { decisions, usage } = plan;
    for (const pool of this.#pools.difference(new Set(usage.keys()))) this.#removePool(pool);
    for (const [pool, used] of usage) this.#showPool(pool, used);
    this.#pools = new Set(usage.keys());
    const waiting = [...decisions.values()].filter(({ addresses }) => addresses.length === 0);
    const byReason = Map.groupBy(waiting, ({ refusal }) => refusal?.reason ?? 'Deleting');
    for (const reason of this.#reasons.difference(new Set<string>(byReason.keys()))) {
      this.#metrics.servicesPending.remove({ reason });
    }
    for (const [reason, services] of byReason) this.#metrics.servicesPending.set({ reason }, services.length);
    this.#reasons = new Set(byReason.keys());
  }

  hide(): void {
    this.show({ decisions: new Map(), usage: new Map() });
  }

  #showPool(pool: string, { families, services }: PoolUsage): void {
    const { IPv4, IPv6 } = families;
    this.#metrics.addresses.set({ pool }, IPv4.capacity + IPv6.capacity);
    this.#metrics.ipv4Addresses.set({ pool }, IPv4.capacity);
    this.#metrics.ipv6Addresses.set({ pool }, IPv6.capacity);
    this.#metrics.addressesInUse.set({ pool }, IPv4.assigned + IPv6.assigned);
    this.#metrics.ipv4AddressesInUse.set({ pool }, IPv4.assigned);
    this.#metrics.ipv6AddressesInUse.set({ pool }, IPv6.assigned);
    this.#metrics.servicesAllocated.set({ pool }, services);
  }

  #removePool(pool: string): void {
    const gauges = [
      this.#metrics.addresses,
      this.#metrics.ipv4Addresses,
      this.#metrics.ipv6Addresses,
      this.#metrics.addressesInUse,
      this.#metrics.ipv4AddressesInUse,
      this.#metrics.ipv6AddressesInUse,
      this.#metrics.servicesAllocated,
    ];
    for (const gauge of gauges) gauge.remove({ pool });
  }
}
