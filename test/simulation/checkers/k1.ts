// K1: what programs ask of the apiserver. Little after a start; nothing but watches, Leases and status when nothing happens; never again faster than
// back-off allows.
import type { KubeAnswer, KubeError, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { fieldsOf } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { ProcessRef } from '../observer.ts';
import { boundsMs, mostFailures, pageObjects, startRequests } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

interface Asking {
  readonly startedUs: number;
  /** Reads since the start. */
  reads: number;
  /** When the same thing failed, the last times. */
  readonly failuresUs: Map<string, number[]>;
  /** Until when the apiserver wants to hear nothing more of the same. */
  readonly notBeforeUs: Map<string, number>;
}

type Asked = KubeRequest | WatchRequest;

const startUs = 10_000_000;
const windowUs = 10_000_000;
/** What was decided before the answer came may be under way. */
const toleranceUs = 1_000;
/** Written by programs when something happened, not by people. */
const ownKinds: ReadonlySet<string> = new Set([
  'leases',
  'events',
  'servicel2statuses',
  'configurationstates',
  'servicebgpstatuses',
  'bgpsessionstates',
]);

export class K1 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #asking = new Map<string, Asking>();
  #objects = 0;
  /** When somebody changed something that programs have to take up. */
  #changedUs = 0;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  stored({ resource, type }: StoreChange): void {
    if (type === 'ADDED') this.#objects++;
    if (type === 'DELETED') this.#objects--;
    if (!ownKinds.has(resource.plural)) this.#changedUs = this.#scene.nowUs;
  }

  started({ name }: ProcessRef): void {
    const startedUs = this.#scene.nowUs;
    this.#asking.set(name, { startedUs, reads: 0, failuresUs: new Map(), notBeforeUs: new Map() });
  }

  ended({ name }: ProcessRef): void {
    this.#asking.delete(name);
  }

  requested(process: ProcessRef, request: KubeRequest): void {
    if (request.verb === 'get' || request.verb === 'list') this.#reads(process, request);
    this.#judgePace(process, request);
    if (!isIdleRequest(request)) this.#judgeIdle(process, request);
  }

  watching(process: ProcessRef, request: WatchRequest): void {
    this.#reads(process, request);
    this.#judgePace(process, request);
  }

  answered(process: ProcessRef, request: KubeRequest, answer: KubeAnswer): void {
    if (answer.kind === 'failed') this.#failed(process, request, answer.error);
  }

  watched(process: ProcessRef, request: WatchRequest, event: WatchEvent): void {
    if (event.kind === 'closed' && event.error !== undefined) this.#failed(process, request, event.error);
  }

  #reads(process: ProcessRef, request: Asked): void {
    const asking = this.#asking.get(process.name);
    if (asking === undefined || request.resource.plural === 'leases') return;
    if (this.#scene.nowUs > asking.startedUs + startUs || !this.#isUndisturbed(asking)) return;
    const bound = startRequests + Math.ceil(this.#objects / pageObjects);
    this.#tally.measure(++asking.reads, bound, process.name, () => `${asking.reads} reads after its start`);
  }

  /** Nothing failed since the start: what is asked is what a start takes. */
  #isUndisturbed({ failuresUs }: Asking): boolean {
    return failuresUs.size === 0;
  }

  #judgeIdle(process: ProcessRef, request: KubeRequest): void {
    const { calm, nowUs } = this.#scene;
    if (calm.sinceUs === undefined) return;
    const ms = (nowUs - Math.max(calm.sinceUs, this.#changedUs)) / 1000;
    this.#tally.judge(ms < boundsMs.idle, process.name, () => `${describe(request)} after ${ms} ms without a change`);
  }

  #judgePace(process: ProcessRef, request: Asked): void {
    const { nowUs } = this.#scene;
    const asking = this.#asking.get(process.name);
    const notBeforeUs = asking?.notBeforeUs.get(paceOf(request)) ?? 0;
    const what = describe(request);
    const earlyMs = (notBeforeUs - nowUs) / 1000;
    this.#tally.judge(earlyMs <= 0, process.name, () => `${what} comes ${earlyMs} ms before it is welcome again`);
    const failures = asking?.failuresUs.get(what);
    if (failures === undefined) return;
    while (failures[0] !== undefined && failures[0] < nowUs - windowUs) failures.shift();
    this.#tally.measure(
      failures.length,
      mostFailures,
      process.name,
      () => `${what} failed ${failures.length} times in 10 s`,
    );
  }

  #failed({ name }: ProcessRef, request: Asked, error: KubeError): void {
    const asking = this.#asking.get(name);
    if (asking === undefined) return;
    const what = describe(request);
    asking.failuresUs.set(what, [...(asking.failuresUs.get(what) ?? []), this.#scene.nowUs].slice(-2 * mostFailures));
    const retryAfterMs = error.kind === 'status' ? error.retryAfterMs : undefined;
    if (retryAfterMs === undefined || request.resource.plural === 'leases') return;
    asking.notBeforeUs.set(paceOf(request), this.#scene.nowUs + retryAfterMs * 1000 - toleranceUs);
  }
}

/** What has to wait together: all writes, and each watch or list for itself. */
function paceOf(request: Asked): string {
  return 'verb' in request && request.verb !== 'list' && request.verb !== 'get' && request.resource.plural !== 'leases'
    ? 'writes'
    : describe(request);
}

function describe(request: Asked): string {
  const what = `${'verb' in request ? request.verb : 'watch'} ${request.resource.plural}`;
  if ('name' in request) return `${what} ${request.name}`;
  if ('body' in request) return `${what} ${String(fieldsOf(fieldsOf(request.body)['metadata'])['name'])}`;
  return `${what} ${request.fieldSelector ?? ''}`;
}

function isIdleRequest(request: KubeRequest): boolean {
  return request.resource.plural === 'leases' || (request.verb === 'patch' && request.subresource === 'status');
}
