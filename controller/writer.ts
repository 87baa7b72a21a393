// Brings the Services' status to the plan. What differs is written, one request a Service; what an address depends on goes first: nobody gets an
// address before the release of it by its last holder is stored.
import type { Configuration } from '#shared/config/configuration.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { Priority } from '#shared/kube/write.ts';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import { addressInUse } from './allocation/refusals.ts';
import type { Announced, Announcements } from './service/announcements.ts';
import type { ControllerMetrics } from './report/metrics.ts';
import type { Ledger } from './ledger.ts';
import type { Decision, Plan } from './plan.ts';
import { allocatedConditionOf } from './service/conditions.ts';
import { serviceEvents, shownIps } from './service/events.ts';
import { differs, statusPatch, type DesiredStatus } from './service/status.ts';
import type { ServiceWrites } from './service/writes.ts';

/** A Service as the watch shows it now: the plan may be older than its last write. */
export interface Shown {
  readonly service: ServiceView;
  readonly resourceVersion: string;
}

export interface WriterDependencies {
  readonly writes: ServiceWrites;
  readonly shown: (key: ObjectKey) => Shown | undefined;
  readonly announcements: Announcements;
  readonly ledger: Ledger;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
}

export class Writer {
  readonly #dependencies: WriterDependencies;
  #isWaiting = false;

  constructor(dependencies: WriterDependencies) {
    this.#dependencies = dependencies;
  }

  /** Something could not be sent yet: the outcome of another write is waited for. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** `announced` is undefined as long as the speakers' status is not known. */
  write({ decisions }: Plan, announced: Announced | undefined, configuration: Configuration): void {
    const { announcements, shown } = this.#dependencies;
    const leaving = this.#leaving(decisions);
    this.#isWaiting = false;
    for (const [key, decision] of decisions) {
      const now = shown(key);
      if (now === undefined) continue;
      const isDue = announced !== undefined && isShown(decision, now.service);
      const condition = isDue ? announcements.due(decision, now.service, announced, configuration) : undefined;
      const step = nextStep(decision, now.service, leaving);
      const isSent = step !== undefined && this.#writeService(step, now, condition === undefined ? [] : [condition]);
      if (!isSent || !step.isLast) this.#isWaiting = true;
    }
  }

  /** Addresses that the apiserver may still show for a Service that is to have them no longer. */
  #leaving(decisions: Plan['decisions']): Leaving {
    const leaving = new Map<Ip, ObjectKey[]>();
    for (const [key, { addresses }] of decisions) {
      const service = this.#dependencies.shown(key)?.service;
      if (service === undefined) continue;
      for (const ip of this.#dependencies.writes.possible(key, legibleIps(service))) {
        if (addresses.some((address) => address.ip === ip)) continue;
        leaving.set(ip, [...(leaving.get(ip) ?? []), key]);
      }
    }
    return leaving;
  }

  /** False when it cannot be sent yet. */
  #writeService(step: Step, { service, resourceVersion }: Shown, more: DesiredStatus['conditions']): boolean {
    const { writes, clock } = this.#dependencies;
    const { addresses, space } = step.decision;
    const allocated = allocatedConditionOf(step.decision);
    const ips = addresses.map(({ ip }) => ip);
    const allocation = { ips, pool: space?.pool.name, conditions: allocated === undefined ? [] : [allocated] };
    const desired = { ...allocation, conditions: [...allocation.conditions, ...more] };
    if (!differs(service, desired)) return writes.withdraw(service.key, desired);
    return writes.issue({
      service,
      resourceVersion,
      addresses,
      pool: desired.pool,
      priority: differs(service, allocation) ? priorityOf(shownIps(service), ips) : 'announced',
      desired,
      patch: () => statusPatch(service, desired, { resourceVersion, wallMs: clock.wallMs() }),
      written: () => this.#written(step, service),
    });
  }

  #written({ decision, isLast }: Step, service: ServiceView): void {
    const { ledger, events, log, metrics } = this.#dependencies;
    const { request, addresses, space, refusal, lost } = decision;
    const { key, namespace, name, uid } = service;
    ledger.accept(request, addresses);
    const said = serviceEvents(isLast ? decision : { ...decision, refusal: undefined }, service);
    for (const event of said) {
      events.record({ ...event, regarding: { apiVersion: 'v1', kind: 'Service', namespace, name, uid } });
      if (event.reason === 'DuplicateAddress') metrics.duplicates.add({});
    }
    if (said.length === 0) return;
    const outcome = refusal === undefined ? 'allocated' : addresses.length > 0 ? 'partial' : 'refused';
    metrics.allocations.add({ outcome });
    const fields = {
      service: key,
      addresses: addresses.map(({ ip }) => ip),
      pool: space?.pool.name,
      lost: lost.map(({ address }) => address.ip),
      reason: refusal?.reason,
      why: refusal?.message ?? lost[0]?.why.message,
    };
    log.info(fields, `Service ${outcome}`);
  }
}

interface Step {
  readonly decision: Decision;
  /** Nothing more is to come of what was decided. */
  readonly isLast: boolean;
}

type Leaving = ReadonlyMap<Ip, readonly ObjectKey[]>;

/**
 * What can be written of a decision at once. A Service that waits for an address gives up what it is to lose before it gets that, so that two
 * that swap addresses do not wait for each other. Undefined: nothing yet.
 */
function nextStep(decision: Decision, service: ServiceView, leaving: Leaving): Step | undefined {
  const { addresses, space } = decision;
  const shown = shownIps(service);
  for (const address of addresses) {
    const holder = leaving.get(address.ip)?.find((key) => key !== service.key);
    if (holder === undefined || shown.includes(address.ip)) continue;
    const kept = addresses.filter(({ ip }) => shown.includes(ip));
    if (kept.length === shown.length) return undefined;
    const refusal = addressInUse(address, holder, 'it is being released');
    const now = { ...decision, addresses: kept, space: kept.length === 0 ? undefined : space, refusal };
    return { decision: now, isLast: false };
  }
  return { decision, isLast: true };
}

function priorityOf(shown: readonly string[], ips: readonly string[]): Priority {
  if (shown.some((ip) => !ips.includes(ip))) return 'release';
  return ips.some((ip) => !shown.includes(ip)) ? 'allocate' : 'condition';
}

/** Speakers announce what the status shows. */
function isShown({ addresses }: Decision, service: ServiceView): boolean {
  const shown = shownIps(service);
  return addresses.every(({ ip }) => shown.includes(ip));
}

function legibleIps(service: ServiceView): readonly Ip[] {
  return shownIps(service).flatMap((text) => parseIp(text) ?? []);
}
