// Holds a Lease, or waits for it. What it says is true for the monotonic clock only: ask `mayWrite` before each write.
import type { Cancel } from '../runtime/clock.ts';
import { uniform } from '../runtime/random.ts';
import { Runner } from '../runtime/runner.ts';
import type { KubeDependencies } from './dependencies.ts';
import type { KubeRequest } from './kube-api.ts';
import { kubeMetrics, type KubeMetrics } from './kube-metrics.ts';
import { leaseBody, type LeaseChange, type LeaseRecord } from './lease-record.ts';
import { createLeaseEngine, type LeaseEffect, type LeaseEvent, type LeaseState } from './lease.ts';
import { leases } from './resources.ts';
import type { Wait } from './wait.ts';

export interface LeaseElectorOptions {
  readonly namespace: string;
  readonly name: string;
  /** `<pod>_<16 hex digits>`: of this process only. */
  readonly identity: string;
}

export interface LeaseListener {
  acquired(): void;
  lost(reason: string): void;
}

/** The renew deadline without the longest that a write may take: what is sent in time is answered before another can lead. */
const fenceMs = 5_000;

export class LeaseElector {
  readonly #options: LeaseElectorOptions;
  readonly #dependencies: KubeDependencies;
  readonly #listener: LeaseListener;
  readonly #metrics: KubeMetrics;
  readonly #runner: Runner<LeaseState, LeaseEvent, LeaseEffect>;
  #asked: Cancel = () => {};
  #retry: Cancel = () => {};
  #released: () => void = () => {};

  constructor(options: LeaseElectorOptions, dependencies: KubeDependencies, listener: LeaseListener) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#metrics = kubeMetrics(dependencies.metrics);
    this.#runner = new Runner(createLeaseEngine(options.identity), dependencies.clock, (effect) =>
      this.#perform(effect),
    );
  }

  start(): void {
    this.#metrics.leader.set({}, 0);
    this.#runner.dispatch({ kind: 'start' });
  }

  get leading(): boolean {
    return this.#runner.state.role === 'leader';
  }

  /** The fence: leading, and no more than 5 s since the last accepted renewal was sent. A process that slept is outside. */
  mayWrite(): boolean {
    const { state } = this.#runner;
    return state.role === 'leader' && this.#dependencies.clock.nowMs() <= state.renewedMs + fenceMs;
  }

  /** Gives the Lease up, so that a successor need not wait for its end, and stops. `lost` is not called. */
  release(done: () => void): void {
    this.#released = done;
    this.#runner.dispatch({ kind: 'release' });
  }

  #perform(effect: LeaseEffect): void {
    switch (effect.kind) {
      case 'read':
        return this.#ask({ verb: 'get', ...this.#target });
      case 'write':
        return this.#ask(this.#writing(effect.before, effect.change));
      case 'cancel':
        return this.#asked();
      case 'wait':
        return this.#wait(effect.wait);
      case 'acquired':
        this.#metrics.leader.set({}, 1);
        this.#dependencies.log.info(this.#target, 'this process leads');
        return this.#listener.acquired();
      case 'lost':
        this.#metrics.leader.set({}, 0);
        this.#dependencies.log.warn({ ...this.#target, reason: effect.reason }, 'this process leads no more');
        return this.#listener.lost(effect.reason);
      case 'released':
        this.#metrics.leader.set({}, 0);
        this.#retry();
        this.#runner.stop();
        return this.#released();
    }
  }

  get #target() {
    return { resource: leases, namespace: this.#options.namespace, name: this.#options.name };
  }

  #writing(before: LeaseRecord | undefined, change: LeaseChange): KubeRequest {
    const body = leaseBody(this.#options, before, change, this.#dependencies.clock.wallMs());
    if (before !== undefined) return { verb: 'update', ...this.#target, body };
    return { verb: 'create', resource: leases, namespace: this.#options.namespace, body };
  }

  #ask(request: KubeRequest): void {
    const { api, clock } = this.#dependencies;
    const sentMs = clock.nowMs();
    this.#asked = api.request(request, (answer) =>
      this.#runner.dispatch({ kind: 'answer', answer, sentMs, nowMs: clock.nowMs() }),
    );
  }

  #wait({ fromMs, toMs }: Wait): void {
    this.#retry();
    this.#retry = this.#dependencies.clock.after(uniform(this.#dependencies.random, fromMs, toMs), () =>
      this.#runner.dispatch({ kind: 'timer', timer: 'retry' }),
    );
  }
}
