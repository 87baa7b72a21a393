// Whether the speakers announce a Service's addresses, as the condition ingot.dev/Announced says it: only what has held for a while, and never
// which node. Every write of a Service goes to every node, and a fail-over is no reason for that.
import type { Configuration } from '#shared/config/configuration.ts';
import type { Pool } from '#shared/config/pool.ts';
import { inForce } from '#shared/config/versions.ts';
import type { ServiceCondition, ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Decision } from '../plan.ts';
import { announcedCondition, conditionOf, isSameCondition } from './conditions.ts';

const holdsForMs = 10_000;

/** Services that a speaker says it announces. */
export type Announced = ReadonlySet<ObjectKey>;

interface Observation {
  readonly condition: ServiceCondition;
  readonly sinceMs: number;
}

export class Announcements {
  readonly #clock: Clock;
  /** What differs from the status, and since when. */
  readonly #observed = new Map<ObjectKey, Observation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The condition to write, if it is another one than the status shows and has held long enough. */
  due(
    { space }: Decision,
    service: ServiceView,
    announced: Announced,
    configuration: Configuration,
  ): ServiceCondition | undefined {
    const condition = space && announcedConditionOf(service, space.pool, announced, configuration);
    if (condition === undefined || isSameCondition(conditionOf(service, announcedCondition), condition)) {
      this.#observed.delete(service.key);
      return undefined;
    }
    const before = this.#observed.get(service.key);
    if (before === undefined || !isSameCondition(before.condition, condition)) {
      this.#observed.set(service.key, { condition, sinceMs: this.#clock.nowMs() });
      return undefined;
    }
    return this.#clock.nowMs() - before.sinceMs >= holdsForMs ? condition : undefined;
  }

  /** How long until the next one has held long enough; undefined when none is on its way. */
  nextMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { sinceMs } of this.#observed.values()) {
      const leftMs = sinceMs + holdsForMs - this.#clock.nowMs();
      if (leftMs > 0 && (nextMs === undefined || leftMs < nextMs)) nextMs = leftMs;
    }
    return nextMs;
  }

  forget(key: ObjectKey): void {
    this.#observed.delete(key);
  }
}

function announcedConditionOf(
  service: ServiceView,
  pool: Pool,
  announced: Announced,
  { l2Advertisements, versions }: Configuration,
): ServiceCondition {
  const type = announcedCondition;
  if (announced.has(service.key)) {
    return { type, status: 'True', reason: 'Announced', message: 'a speaker announces it' };
  }
  const isAdvertised =
    l2Advertisements.some((each) => each.selectsPool(pool) && each.selectsService(service.labels)) ||
    inForce(versions.bgpAdvertisements).some((each) => each.selectsPool(pool));
  if (isAdvertised) {
    const message = 'no speaker announces it; why is said by their Events';
    return { type, status: 'False', reason: 'NotAnnounced', message };
  }
  const message = `no L2Advertisement or BGPAdvertisement selects pool ${pool.name} and the Service`;
  return { type, status: 'False', reason: 'NoAdvertisement', message };
}
