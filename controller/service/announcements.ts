// Whether the speakers announce a Service's addresses, as the condition ingot.dev/Announced says it: only what has held for a while, and never
// which node. Every write of a Service goes to every node, and a fail-over is no reason for that.
import type { BGPAdvertisement } from '#shared/config/bgp-advertisement.ts';
import type { Configuration } from '#shared/config/configuration.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { ServiceCondition, ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Decision } from '../plan.ts';
import { announcedCondition, conditionOf, isSameCondition } from './conditions.ts';

const holdsForMs = 10_000;

/** What the speakers say. */
export interface Announced {
  /** Those that a speaker says it announces. */
  readonly services: ReadonlySet<ObjectKey>;
  /** There are so many ServiceBGPStatus objects that not every Service has those that it should. */
  readonly isPartial: boolean;
}

interface Observation {
  readonly condition: ServiceCondition;
  readonly sinceMs: number;
}

export class Announcements {
  readonly #clock: Clock;
  /** What differs from the status, and since when; those that have not held long enough yet, the oldest first. */
  readonly #young = new Map<ObjectKey, Observation>();
  /** The others: they wait for the status to show them. */
  readonly #ripe = new Map<ObjectKey, Observation>();

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
    const { key } = service;
    const condition = space && announcedConditionOf(service, space.pool, announced, configuration);
    if (condition === undefined || isSameCondition(conditionOf(service, announcedCondition), condition)) {
      this.forget(key);
      return undefined;
    }
    const before = this.#ripe.get(key) ?? this.#young.get(key);
    if (before === undefined || !isSameCondition(before.condition, condition)) {
      this.forget(key);
      this.#young.set(key, { condition, sinceMs: this.#clock.nowMs() });
      return undefined;
    }
    return this.#leftMs(before) <= 0 ? condition : undefined;
  }

  /** The Services of which something has held long enough by now; each is told once. */
  takeRipe(): readonly ObjectKey[] {
    const keys: ObjectKey[] = [];
    for (const [key, observation] of this.#young) {
      if (this.#leftMs(observation) > 0) break;
      this.#young.delete(key);
      this.#ripe.set(key, observation);
      keys.push(key);
    }
    return keys;
  }

  /** How long until the next one has held long enough; undefined when none is on its way. */
  nextMs(): number | undefined {
    const [oldest] = this.#young.values();
    return oldest && Math.max(0, this.#leftMs(oldest));
  }

  forget(key: ObjectKey): void {
    this.#young.delete(key);
    this.#ripe.delete(key);
  }

  #leftMs({ sinceMs }: Observation): number {
    return sinceMs + holdsForMs - this.#clock.nowMs();
  }
}

function announcedConditionOf(
  service: ServiceView,
  pool: Pool,
  announced: Announced,
  { l2Advertisements, bgpAdvertisements }: Configuration,
): ServiceCondition {
  const type = announcedCondition;
  if (announced.services.has(service.key)) {
    return { type, status: 'True', reason: 'Announced', message: 'a speaker announces it' };
  }
  const selects = (each: Pick<BGPAdvertisement, 'selectsPool' | 'selectsService'>): boolean =>
    each.selectsPool(pool) && each.selectsService(service.labels);
  const isRouted = bgpAdvertisements.some(selects);
  if (isRouted && announced.isPartial) {
    const message = 'there are too many ServiceBGPStatus objects, and not every Service has those that it should';
    return { type, status: 'Unknown', reason: 'StatusWithheld', message };
  }
  if (isRouted || l2Advertisements.some(selects)) {
    const message = 'no speaker announces it; why is said by their Events';
    return { type, status: 'False', reason: 'NotAnnounced', message };
  }
  const message = `no L2Advertisement or BGPAdvertisement selects pool ${pool.name} and the Service`;
  return { type, status: 'False', reason: 'NoAdvertisement', message };
}
