// Tells people what changes about announcements by one protocol: Events on Services and lines in the log, each once per change. This node announces
// a Service now, or no more; an address of one is not announced, and why.
import type { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Log, LogFields } from '#shared/runtime/log.ts';

export interface Announcing {
  readonly service: ServiceView;
  /** How, for the log. */
  readonly how: LogFields;
}

/** An address that is not announced. */
export interface Failing {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly reason: string;
  readonly message: string;
  /** It is what somebody asked for, or passes by itself: it is logged, but no Event warns of it. */
  readonly isQuiet: boolean;
}

export interface Announcements {
  readonly announcing: readonly Announcing[];
  /** Announced, or silent for a moment: none of these is told of when it is announced again. */
  readonly spokenFor: readonly ServiceView[];
  readonly failing: readonly Failing[];
  /** Why this node has given up Services that still exist, by uid, as far as people are to know. */
  readonly givenUp: ReadonlyMap<string, string>;
}

interface Dependencies {
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly log: Log;
  readonly wasTold: (service: ServiceView) => boolean;
}

export class AnnouncementEvents {
  readonly #from: string;
  readonly #protocol: string;
  readonly #dependencies: Dependencies;
  /** Services that this node speaks for, silent or not, by uid. */
  #assigned: ReadonlyMap<string, ServiceView> = new Map();
  /** Notes, by Service uid, address and reason. */
  #failing: ReadonlyMap<string, string> = new Map();

  /** `wasTold`: the apiserver shows that this node announced the Service all along, before this process started: nothing changed for it. */
  constructor(
    { node, protocol }: { readonly node: string; readonly protocol: 'layer2' | 'bgp' },
    dependencies: Dependencies,
  ) {
    this.#protocol = protocol;
    this.#from = `announcing from node "${node}" with protocol "${protocol}"`;
    this.#dependencies = dependencies;
  }

  update({ announcing, spokenFor, failing, givenUp }: Announcements): void {
    this.#tellAssigned(announcing, spokenFor, givenUp);
    this.#tellFailing(failing);
  }

  /** A Service that falls silent for a moment stays with this node: when it is back nothing is told. */
  #tellAssigned(
    announcing: readonly Announcing[],
    spokenFor: readonly ServiceView[],
    givenUp: Announcements['givenUp'],
  ): void {
    const { log, wasTold } = this.#dependencies;
    const protocol = this.#protocol;
    const assigned = new Map(
      spokenFor.filter(({ uid }) => this.#assigned.has(uid)).map((service) => [service.uid, service]),
    );
    for (const { service, how } of announcing) {
      if (assigned.has(service.uid)) continue;
      assigned.set(service.uid, service);
      log.info({ service: service.key, protocol, ...how }, 'announcing from this node');
      if (!wasTold(service)) this.#record(service, 'Normal', 'nodeAssigned', this.#from);
    }
    for (const [uid, service] of this.#assigned) {
      if (assigned.has(uid)) continue;
      const why = givenUp.get(uid);
      log.info({ service: service.key, protocol, why }, 'announcing from this node no more');
      if (why !== undefined) this.#record(service, 'Normal', 'nodeUnassigned', `not ${this.#from} any more: ${why}`);
    }
    this.#assigned = assigned;
  }

  #tellFailing(failures: readonly Failing[]): void {
    const failing = new Map<string, string>();
    for (const { ip, service, reason, message, isQuiet } of failures) {
      const key = `${service.uid} ${ip} ${reason}`;
      const note = `${reason}: ${message}`;
      failing.set(key, note);
      if (this.#failing.get(key) === note) continue;
      this.#dependencies.log.info({ service: service.key, ip, reason, protocol: this.#protocol }, message);
      if (!isQuiet) this.#record(service, 'Warning', 'announceFailed', note);
    }
    this.#failing = failing;
  }

  #record({ namespace, name, uid }: ServiceView, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const regarding = { apiVersion: 'v1', kind: 'Service', namespace, name, uid };
    this.#dependencies.recorder.record({ regarding, type, reason, action: 'Announce', note });
  }
}
