// A small world for tests of the plan: what is there, what is decided, and the world after that was written.
import { requestOf } from '#controller/allocation/request.ts';
import {
  plan,
  type Accepted,
  type AcceptedRequest,
  type Decision,
  type Held,
  type Plan,
  type Snapshot,
} from '#controller/plan.ts';
import type { Pool } from '#shared/config/pool.ts';

export interface World {
  readonly services: readonly Held[];
  readonly pools: readonly Pool[];
  readonly namespaces: Snapshot['namespaces'];
  readonly accepted: Accepted;
}

export function worldOf(services: readonly Held[], pools: readonly Pool[], more: Partial<World> = {}): World {
  return { services, pools, namespaces: new Map(), accepted: new Map(), ...more };
}

export function planOf(world: World): Plan {
  const { services, pools, namespaces } = world;
  return plan({ services, pools, namespaces, ownNamespace: 'metallb-system' }, world.accepted);
}

/** Decisions by the name of the Service. */
export function decisionsOf(world: World): ReadonlyMap<string, Decision> {
  return new Map([...planOf(world).decisions.values()].map((decision) => [decision.request.service.name, decision]));
}

/** As `web: 10.1.0.1 of a`, or `web: PoolExhausted`, or both. */
export function decided(world: World): readonly string[] {
  return [...decisionsOf(world)].map(([name, { addresses, space, refusal }]) => {
    const has = space === undefined ? [] : [`${addresses.map(({ ip }) => ip).join()} of ${space.pool.name}`];
    return `${name}: ${[...has, ...(refusal === undefined ? [] : [refusal.reason])].join(' ')}`;
  });
}

/** The world once all that was decided is written and accepted. */
export function settled(world: World): World {
  const { decisions } = planOf(world);
  const services = world.services.map((held): Held => {
    const decision = decisions.get(held.service.key);
    if (decision === undefined) return held;
    const { addresses, space, refusal } = decision;
    const conditions =
      refusal === undefined ? [] : [{ type: 'ingot.dev/Allocated', status: 'False' as const, ...refusal }];
    return { service: { ...held.service, conditions }, current: addresses, fromPool: space?.pool.name };
  });
  return { ...world, services, accepted: new Map(services.map(acceptedOf)) };
}

function acceptedOf({ service, current }: Held): readonly [string, AcceptedRequest] {
  return [service.uid, { fingerprint: requestOf(service).fingerprint, addresses: current.map(({ ip }) => ip) }];
}
