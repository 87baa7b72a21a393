// One watch as a process sees it: its events arrive in order, late, and not at all once it is over.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeError, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { OrderedDelivery } from './ordered-delivery.ts';

/** To parse one line and to take it up. */
const eventCostUs = 30;

export interface WatchPath {
  readonly scheduler: Scheduler;
  readonly isOpen: () => boolean;
  readonly delayUs: () => number;
  /** What watches show of what happens comes so much later. */
  readonly lagUs: () => number;
  readonly receive: (work: () => void, costUs: number) => void;
}

export class ClientWatch {
  readonly request: WatchRequest;
  readonly #path: WatchPath;
  readonly #happened: (event: WatchEvent) => void;
  readonly #delivery: OrderedDelivery;
  #endAtServer: Cancel = () => {};
  #isOver = false;
  /** The apiserver has answered. */
  #isOpened = false;

  /** `happened` is called in turns of the process, `closed` last. */
  constructor(request: WatchRequest, path: WatchPath, happened: (event: WatchEvent) => void) {
    this.request = request;
    this.#path = path;
    this.#happened = happened;
    this.#delivery = new OrderedDelivery(path.scheduler, path.isOpen);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isOpened(): boolean {
    return this.#isOpened;
  }

  /** It arrived: the answer ends it there. */
  arrived(end: Cancel): void {
    if (this.#isOver) end();
    else this.#endAtServer = end;
  }

  /** From the apiserver. */
  send(event: WatchEvent, isNews: boolean): void {
    const delayUs = this.#path.delayUs() + (isNews ? this.#path.lagUs() : 0);
    if (!this.#isOver) this.#delivery.push(delayUs, () => this.#arrive(event));
  }

  /** Broken off: what is under way is lost. The line that is cut in two cannot be read, or is the end itself. */
  lose(error: KubeError, isGarbled = false): void {
    if (this.#isOver) return;
    this.#endAtServer();
    this.#delivery.clear();
    if (isGarbled) this.#arrive({ kind: 'line', line: undefined });
    this.#arrive({ kind: 'closed', error });
  }

  /** The apiserver has forgotten it, and nobody says so. */
  forget(): void {
    this.#endAtServer();
    this.#delivery.clear();
  }

  /** The process is not interested any more. */
  cancel(): void {
    this.#isOver = true;
    this.#delivery.clear();
    this.#path.scheduler.after(this.#path.delayUs(), () => this.#endAtServer());
  }

  resume(): void {
    this.#delivery.resume();
  }

  #arrive(event: WatchEvent): void {
    this.#path.receive(() => this.#take(event), eventCostUs);
  }

  #take(event: WatchEvent): void {
    if (this.#isOver) return;
    this.#isOpened = true;
    if (event.kind === 'closed') this.#isOver = true;
    this.#happened(event);
  }
}
