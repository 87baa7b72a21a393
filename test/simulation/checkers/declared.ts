// What users and the cluster have declared, now and as far back as programs may still go by it.
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { leases, services } from '#shared/kube/resources.ts';
import { fieldsOf, keyOf } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Observer } from '../observer.ts';
import type { World } from '../world/world.ts';
import type { Calm } from './calm.ts';
import { poolFacts, serviceFacts, type PoolFacts, type ServiceFacts } from './facts.ts';
import { Past } from './past.ts';

export class Declared implements Observer {
  readonly #world: World;
  readonly #sight: Calm;
  /** Undefined where there is none of that name. */
  readonly #services = new Map<string, Past<ServiceFacts | undefined>>();
  readonly #pools = new Past<readonly PoolFacts[]>([]);
  #ledUs = -Infinity;

  constructor(world: World, sight: Calm) {
    this.#world = world;
    this.#sight = sight;
  }

  /** When the Lease of the controllers was last taken or given up. */
  get ledUs(): number {
    return this.#ledUs;
  }

  /** By key, those there are. */
  *services(): Iterable<ServiceFacts> {
    for (const { now } of this.#services.values()) if (now !== undefined) yield now;
  }

  service(key: string): ServiceFacts | undefined {
    return this.#services.get(key)?.now;
  }

  /** As it is, and as programs may still take it to be. */
  serviceSince(key: string): readonly (ServiceFacts | undefined)[] {
    return this.#services.get(key)?.since(this.#sight.horizonUs) ?? [];
  }

  get pools(): readonly PoolFacts[] {
    return this.#pools.now;
  }

  get poolsSince(): readonly (readonly PoolFacts[])[] {
    return this.#pools.since(this.#sight.horizonUs);
  }

  /** All that have or had the address, as programs may still take them to be. */
  holdersSince(ip: ServiceFacts['addresses'][number]): readonly ServiceFacts[] {
    return [...this.#services.keys()].flatMap((key) =>
      this.serviceSince(key).filter((facts) => facts?.addresses.includes(ip) === true),
    ) as readonly ServiceFacts[];
  }

  stored({ resource, type, object, before }: StoreChange): void {
    const { nowUs } = this.#world.scheduler;
    if (resource.plural === services.plural) {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const past = this.#services.get(key) ?? new Past<ServiceFacts | undefined>(undefined);
      this.#services.set(key, past);
      past.become(type === 'DELETED' ? undefined : serviceFacts(object), nowUs);
    } else if (resource.plural === ipAddressPools.plural) {
      this.#pools.become(this.#world.apiserver.list(ipAddressPools).map(poolFacts), nowUs);
    } else if (resource.plural === leases.plural) {
      const holderOf = (lease: typeof before): unknown => fieldsOf(lease?.['spec'])['holderIdentity'];
      if (holderOf(before) !== holderOf(object)) this.#ledUs = nowUs;
    }
  }

  /** What is over and known to all is forgotten. */
  forget(): void {
    const { horizonUs } = this.#sight;
    for (const [key, past] of this.#services) {
      const values = past.since(horizonUs);
      if (values.length === 1 && values[0] === undefined) this.#services.delete(key);
    }
    this.#pools.since(horizonUs);
  }
}
