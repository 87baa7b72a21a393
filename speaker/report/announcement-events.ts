// Tells people what changes about announcements: Events on Services and lines in the log, each once per change. This node announces a Service
// now, or no more; an address of one is not announced, and why.
import type { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Desired, Failure } from '../desired/desired.ts';
import type { ShownService, UnansweredAddress } from './shown-services.ts';

/** Failures that are what somebody asked for, or that pass by themselves: they are logged, but no Event warns of them. */
const quietReasons: ReadonlySet<string> = new Set<Failure['reason']>([
  'noAdvertisement',
  'noReadyEndpoints',
  'notInPool',
]);

export class AnnouncementEvents {
  readonly #node: string;
  readonly #recorder: EventRecorder;
  readonly #log: Log;
  /** Services that this node speaks for, silent or not, by uid. */
  #assigned: ReadonlyMap<string, ServiceView> = new Map();
  /** Notes, by Service uid and address. */
  #failing: ReadonlyMap<string, string> = new Map();

  constructor(
    options: { readonly node: string },
    dependencies: { readonly recorder: EventRecorder; readonly log: Log },
  ) {
    this.#node = options.node;
    this.#recorder = dependencies.recorder;
    this.#log = dependencies.log;
  }

  /** Services that this node announced before this process started: nothing changed for them. */
  adopt(services: Iterable<ServiceView>): void {
    this.#assigned = new Map([
      ...this.#assigned,
      ...Array.from(services, (service) => [service.uid, service] as const),
    ]);
  }

  update(desired: Desired, shown: readonly ShownService[], unanswered: readonly UnansweredAddress[]): void {
    this.#tellAssigned(desired, shown);
    const noInterface = unanswered.map((address) => ({ ...address, reason: 'noInterface' }));
    const failing = new Map<string, string>();
    for (const { ip, service, reason, message } of [...desired.failures, ...noInterface]) {
      const key = `${service.uid} ${ip}`;
      const note = `${reason}: ${message}`;
      failing.set(key, note);
      if (this.#failing.get(key) === note) continue;
      this.#log.info({ service: service.key, ip, reason }, message);
      if (!quietReasons.has(reason)) this.#record(service, 'Warning', 'announceFailed', note);
    }
    this.#failing = failing;
  }

  /** A Service that falls silent for want of endpoints keeps its owner: when it is back nothing is told. */
  #tellAssigned(desired: Desired, shown: readonly ShownService[]): void {
    const spoken = [
      ...desired.services.filter(({ first }) => first),
      ...desired.failures.filter(({ reason }) => reason === 'noReadyEndpoints'),
    ].map(({ service }) => service);
    const assigned = new Map(
      spoken.filter(({ uid }) => this.#assigned.has(uid)).map((service) => [service.uid, service]),
    );
    for (const { service, first, ips, interfaces } of shown) {
      if (!first || assigned.has(service.uid)) continue;
      assigned.set(service.uid, service);
      this.#log.info({ service: service.key, ips, interfaces }, 'announcing from this node');
      this.#record(service, 'Normal', 'nodeAssigned', `announcing from node "${this.#node}" with protocol "layer2"`);
    }
    for (const [uid, { key }] of this.#assigned) {
      if (!assigned.has(uid)) this.#log.info({ service: key }, 'announcing from this node no more');
    }
    this.#assigned = assigned;
  }

  #record({ namespace, name, uid }: ServiceView, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const regarding = { apiVersion: 'v1', kind: 'Service', namespace, name, uid };
    this.#recorder.record({ regarding, type, reason, action: 'Announce', note });
  }
}
