// Tells people what changes about announcements: Events on Services and lines in the log, each once per change. This node announces a Service
// now, or no more; an address of one is not announced, and why.
import type { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { Ip } from '#shared/net/ip.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Desired, Failure } from '../desired/desired.ts';
import type { AddressProblem } from './address-problems.ts';
import type { Shown } from './shown-services.ts';

/** Failures that are what somebody asked for, or that pass by themselves: they are logged, but no Event warns of them. */
const quietReasons: ReadonlySet<string> = new Set(['noAdvertisement', 'noReadyEndpoints', 'notInPool'] as const);

interface Told {
  readonly desired: Desired;
  readonly shown: Shown;
  readonly problems: readonly AddressProblem[];
}

interface Failing {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly reason: Failure['reason'] | AddressProblem['reason'] | 'noReadyEndpoints';
  readonly message: string;
}

export class AnnouncementEvents {
  readonly #node: string;
  readonly #recorder: EventRecorder;
  readonly #log: Log;
  readonly #wasTold: (service: ServiceView) => boolean;
  #told: Told | undefined;
  /** Services that this node speaks for, silent or not, by uid. */
  #assigned: ReadonlyMap<string, ServiceView> = new Map();
  /** Notes, by Service uid, address and reason. */
  #failing: ReadonlyMap<string, string> = new Map();

  /** `wasTold`: the apiserver shows that this node announced the Service all along, before this process started: nothing changed for it. */
  constructor(
    options: { readonly node: string },
    dependencies: {
      readonly recorder: EventRecorder;
      readonly log: Log;
      readonly wasTold: (service: ServiceView) => boolean;
    },
  ) {
    this.#node = options.node;
    this.#recorder = dependencies.recorder;
    this.#log = dependencies.log;
    this.#wasTold = dependencies.wasTold;
  }

  update(desired: Desired, shown: Shown, problems: readonly AddressProblem[]): void {
    const told = this.#told;
    if (told?.desired === desired && told.shown === shown && deepEqual(told.problems, problems)) return;
    this.#told = { desired, shown, problems };
    this.#tellAssigned(shown);
    const silent = shown.silent.map(({ ip, service }): Failing => {
      const message = `${ip} is not answered: no Service behind it has a ready endpoint`;
      return { ip, service, reason: 'noReadyEndpoints', message };
    });
    this.#tellFailing([...desired.failures, ...silent, ...problems]);
  }

  /** A Service that falls silent for want of endpoints keeps its owner: when it is back nothing is told. */
  #tellAssigned({ services, spokenFor }: Shown): void {
    const assigned = new Map(
      spokenFor.filter(({ uid }) => this.#assigned.has(uid)).map((service) => [service.uid, service]),
    );
    for (const { service, parts, ips } of services) {
      if (parts.length === 0 || assigned.has(service.uid)) continue;
      assigned.set(service.uid, service);
      const interfaces = parts.flatMap((part) => part.interfaces);
      this.#log.info({ service: service.key, ips, interfaces }, 'announcing from this node');
      if (this.#wasTold(service)) continue;
      this.#record(service, 'Normal', 'nodeAssigned', `announcing from node "${this.#node}" with protocol "layer2"`);
    }
    for (const [uid, { key }] of this.#assigned) {
      if (!assigned.has(uid)) this.#log.info({ service: key }, 'announcing from this node no more');
    }
    this.#assigned = assigned;
  }

  #tellFailing(failures: readonly Failing[]): void {
    const failing = new Map<string, string>();
    for (const { ip, service, reason, message } of failures) {
      const key = `${service.uid} ${ip} ${reason}`;
      const note = `${reason}: ${message}`;
      failing.set(key, note);
      if (this.#failing.get(key) === note) continue;
      this.#log.info({ service: service.key, ip, reason }, message);
      if (!quietReasons.has(reason)) this.#record(service, 'Warning', 'announceFailed', note);
    }
    this.#failing = failing;
  }

  #record({ namespace, name, uid }: ServiceView, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const regarding = { apiVersion: 'v1', kind: 'Service', namespace, name, uid };
    this.#recorder.record({ regarding, type, reason, action: 'Announce', note });
  }
}
