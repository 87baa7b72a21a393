// Folds what the watchers hold into what a plan is made from: Services in scope with what they hold, pools, labels of namespaces.
import type { IPAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import { parseConfiguration, type Configuration } from '#shared/config/configuration.ts';
import type { ConfigObject } from '#shared/config/object.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import { parseIp } from '#shared/net/ip.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import { addressOf } from './allocation/address.ts';
import { allocatedFromPool, legacyAllocatedFromPool } from './allocation/annotations.ts';
import type { Held, Snapshot } from './plan.ts';
import { shownIps } from './service/events.ts';
import type { ServiceWrites } from './service/writes.ts';
import type { Watchers } from './watchers.ts';

export interface SnapshotOptions {
  readonly namespace: string;
  /** Absent: Services without a class. */
  readonly lbClass: string | undefined;
}

export class SnapshotFold {
  readonly #options: SnapshotOptions;
  readonly #watchers: Watchers;
  readonly #pools = new Map<ObjectKey, ConfigObject<IPAddressPoolSpec>>();
  #configuration: Configuration | undefined;

  constructor(options: SnapshotOptions, watchers: Watchers) {
    this.#options = options;
    this.#watchers = watchers;
  }

  /** Services of other classes do not exist. */
  isInScope({ loadBalancerClass }: ServiceView): boolean {
    return loadBalancerClass === this.#options.lbClass;
  }

  /** Kinds that could not be read are left out, and nothing is said about them. */
  configuration(): Configuration {
    const { pools, l2Advertisements, bgpAdvertisements } = this.#watchers;
    for (const key of this.#pools.keys()) if (!pools.objects.has(key)) this.#pools.delete(key);
    for (const [key, { config }] of pools.objects) {
      // The status changes with every allocation; the configuration must not seem to.
      if (!deepEqual(this.#pools.get(key), config)) this.#pools.set(key, config);
    }
    const objects = {
      pools: this.#pools,
      ...(l2Advertisements.synced ? { l2Advertisements: l2Advertisements.objects } : {}),
      ...(bgpAdvertisements.synced ? { bgpAdvertisements: bgpAdvertisements.objects } : {}),
    };
    this.#configuration = parseConfiguration(objects, this.#configuration);
    return this.#configuration;
  }

  take(configuration: Configuration, writes: ServiceWrites): Snapshot {
    const services: Held[] = [];
    for (const service of this.#watchers.services.objects.values()) {
      if (this.isInScope(service)) services.push(heldBy(service, writes));
    }
    const namespaces = new Map(
      [...this.#watchers.namespaces.objects.values()].map(({ name, labels }) => [name, labels]),
    );
    return { services, pools: configuration.pools, namespaces, ownNamespace: this.#options.namespace };
  }
}

const shown = new WeakMap<ServiceView, Held>();

function heldBy(service: ServiceView, writes: ServiceWrites): Held {
  const assumed = writes.assumed(service.key);
  if (assumed !== undefined) return { service, current: assumed.addresses, fromPool: assumed.pool };
  const held = shown.get(service) ?? shownBy(service);
  shown.set(service, held);
  return held;
}

function shownBy(service: ServiceView): Held {
  const ips = new Set(shownIps(service).flatMap((text) => parseIp(text) ?? []));
  const { [allocatedFromPool]: present, [legacyAllocatedFromPool]: former } = service.annotations;
  return { service, current: [...ips].map(addressOf), fromPool: present ?? former };
}
