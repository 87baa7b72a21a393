// A3: a controller gives nobody an address before Services, pools and Namespaces have each been listed completely, nor in a new leadership before
// a list of Services that it asked for after it had the Lease.
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { fieldsOf } from '../apiserver/object.ts';
import type { ProcessRef } from '../observer.ts';
import type { Checker, Tally } from './checker.ts';
import { heldBy, isLeaseWrite } from './lease-writes.ts';
import type { Scene } from './scene.ts';

interface Reading {
  /** When the last complete list of a kind was asked for, by plural. */
  readonly listedUs: Map<string, number>;
  /** When the list that is under way was asked for. */
  readonly askedUs: Map<string, number>;
  /** When it came to know that it leads. */
  ledUs: number;
  transitions: unknown;
}

const needed = ['services', 'ipaddresspools', 'namespaces'] as const;

export class A3 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #readings = new Map<string, Reading>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  requested(process: ProcessRef, request: KubeRequest): void {
    if (process.program !== 'controller') return;
    if (request.verb === 'list' && request.continue === undefined && isFull(request)) this.#asks(process, request);
    if (isAllocation(request)) this.#judge(process, `${request.namespace ?? ''}/${request.name}`);
  }

  answered(process: ProcessRef, request: KubeRequest, answer: KubeAnswer): void {
    if (process.program !== 'controller' || answer.kind === 'failed') return;
    if (request.verb === 'list' && isFull(request)) {
      const next = fieldsOf(fieldsOf(answer.body)['metadata'])['continue'];
      if (next === undefined || next === '') this.#listed(process, request);
    } else if (isLeaseWrite(request) && heldBy(request) !== '') {
      const reading = this.#reading(process);
      const { leaseTransitions } = fieldsOf(fieldsOf(request.body)['spec']);
      if (reading.transitions === leaseTransitions) return;
      reading.transitions = leaseTransitions;
      reading.ledUs = this.#scene.nowUs;
    }
  }

  watching(process: ProcessRef, request: WatchRequest): void {
    if (process.program === 'controller' && request.sendInitialEvents === true) this.#asks(process, request);
  }

  watched(process: ProcessRef, request: WatchRequest, event: WatchEvent): void {
    if (process.program !== 'controller' || event.kind !== 'line' || event.line?.type !== 'BOOKMARK') return;
    const { annotations } = fieldsOf(fieldsOf(event.line.object)['metadata']);
    if (fieldsOf(annotations)['k8s.io/initial-events-end'] === 'true') this.#listed(process, request);
  }

  ended({ name }: ProcessRef): void {
    this.#readings.delete(name);
  }

  #asks(process: ProcessRef, { resource }: KubeRequest | WatchRequest): void {
    this.#reading(process).askedUs.set(resource.plural, this.#scene.nowUs);
  }

  #listed(process: ProcessRef, { resource }: KubeRequest | WatchRequest): void {
    const { askedUs, listedUs } = this.#reading(process);
    listedUs.set(resource.plural, askedUs.get(resource.plural) ?? 0);
  }

  #judge(process: ProcessRef, service: string): void {
    const { listedUs, ledUs } = this.#reading(process);
    const missing = needed.filter((plural) => !listedUs.has(plural));
    this.#tally.judge(
      missing.length === 0,
      service,
      () => `${process.name} writes before it has read ${missing.join()}`,
    );
    const isFresh = (listedUs.get('services') ?? 0) >= ledUs;
    this.#tally.judge(isFresh, service, () => `${process.name} writes before it has listed Services as leader`);
  }

  #reading({ name }: ProcessRef): Reading {
    const known = this.#readings.get(name);
    if (known !== undefined) return known;
    const reading = { listedUs: new Map(), askedUs: new Map(), ledUs: Infinity, transitions: undefined };
    this.#readings.set(name, reading);
    return reading;
  }
}

/** Of all that a plan is made from, not of what is left over elsewhere. */
function isFull({ fieldSelector }: Extract<KubeRequest, { verb: 'list' }>): boolean {
  return fieldSelector === undefined || fieldSelector === 'spec.type=LoadBalancer';
}

function isAllocation(request: KubeRequest): request is Extract<KubeRequest, { verb: 'patch' }> {
  if (request.verb !== 'patch' || request.resource.plural !== 'services') return false;
  return fieldsOf(fieldsOf(request.body)['status'])['loadBalancer'] !== undefined;
}
