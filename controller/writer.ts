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
import { Leaving } from './service/leaving.ts';
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

/** What is the same for all Services. When any of it changes all are looked at again. */
interface Basis {
  readonly decisions: Plan['decisions'];
  /** Undefined as long as the speakers' status is not known. */
  readonly announced: Announced | undefined;
  readonly configuration: Configuration;
}

export class Writer {
  readonly #dependencies: WriterDependencies;
  readonly #leaving = new Leaving();
  /** What could not be sent yet: the outcome of another write is waited for. */
  readonly #waiting = new Set<ObjectKey>();
  /** Of these something has changed since they were looked at. */
  readonly #touched = new Set<ObjectKey>();
  #basis: Basis | undefined;

  constructor(dependencies: WriterDependencies) {
    this.#dependencies = dependencies;
  }

  /** Something waits, and something has changed that it may have waited for. */
  get mayGoOn(): boolean {
    return this.#waiting.size > 0 && this.#touched.size > 0;
  }

  /** The watch shows the Service anew, or what is under way for it has changed. */
  touch(key: ObjectKey): void {
    this.#touched.add(key);
  }

  /** `announced` is undefined as long as the speakers' status is not known. */
  write({ decisions }: Plan, announced: Announced | undefined, configuration: Configuration): void {
    const basis = { decisions, announced, configuration };
    const changed = this.#takeChanged(basis);
    this.#basis = basis;
    for (const key of changed) this.#leaving.set(key, this.#leavingOf(key, decisions.get(key)));
    for (const key of changed.union(this.#waiting)) {
      const decision = decisions.get(key);
      const now = this.#dependencies.shown(key);
      this.#waiting.delete(key);
      if (decision === undefined || now === undefined) continue;
      if (!this.#bring(decision, now, basis)) this.#waiting.add(key);
    }
  }

  /** The Lease is lost: nothing of this is known to be so when the next term begins. */
  reset(): void {
    this.#basis = undefined;
    this.#leaving.clear();
    this.#waiting.clear();
    this.#touched.clear();
  }

  /** Those that are not as they were the last time. */
  #takeChanged({ decisions, announced, configuration }: Basis): ReadonlySet<ObjectKey> {
    const before = this.#basis;
    const ripe = this.#dependencies.announcements.takeRipe();
    const isSame =
      before?.decisions === decisions &&
      before.configuration === configuration &&
      before.announced?.isPartial === announced?.isPartial;
    if (!isSame) {
      this.reset();
      return new Set(decisions.keys());
    }
    const touched = new Set([...this.#touched, ...ripe]);
    this.#touched.clear();
    return touched.union((announced ?? nobody).services.symmetricDifference((before.announced ?? nobody).services));
  }

  /** True when all that was decided is on its way. */
  #bring(decision: Decision, now: Shown, { announced, configuration }: Basis): boolean {
    const { announcements } = this.#dependencies;
    const isDue = announced !== undefined && isShown(decision, now.service);
    const condition = isDue ? announcements.due(decision, now.service, announced, configuration) : undefined;
    const step = nextStep(decision, now.service, this.#leaving);
    return (
      step !== undefined && this.#writeService(step, now, condition === undefined ? [] : [condition]) && step.isLast
    );
  }

  #leavingOf(key: ObjectKey, decision: Decision | undefined): readonly Ip[] {
    const service = this.#dependencies.shown(key)?.service;
    if (service === undefined || decision === undefined) return [];
    const possible = this.#dependencies.writes.possible(key, legibleIps(service));
    return possible.filter((ip) => !decision.addresses.some((address) => address.ip === ip));
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

const nobody: Announced = { services: new Set(), isPartial: false };

interface Step {
  readonly decision: Decision;
  /** Nothing more is to come of what was decided. */
  readonly isLast: boolean;
}

/**
 * What can be written of a decision at once. A Service that waits for an address gives up what it is to lose before it gets that, so that two
 * that swap addresses do not wait for each other. Undefined: nothing yet.
 */
function nextStep(decision: Decision, service: ServiceView, leaving: Leaving): Step | undefined {
  const { addresses, space } = decision;
  const shown = shownIps(service);
  for (const address of addresses) {
    const holder = leaving.from(address.ip, service.key);
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
