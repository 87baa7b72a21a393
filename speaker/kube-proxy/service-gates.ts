// The gates of all Services of which kube-proxy is asked (shell): one for each healthCheckNodePort, for as long as it is wanted.
import type { Ip } from '#shared/net/ip.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import { kubeMetrics } from '#shared/kube/kube-metrics.ts';
import type { Counter, Metrics } from '#shared/runtime/metrics.ts';
import { Runner } from '#shared/runtime/runner.ts';
import {
  serviceGate,
  type ServiceGateEffect,
  type ServiceGateEvent,
  type ServiceGateState,
  type ServiceHealthProbe,
} from './service-gate.ts';

export interface ServiceGatesDependencies {
  readonly clock: Clock;
  readonly serviceHealth: ServiceHealthProbe;
  readonly metrics: Metrics;
}

export type ServiceGate = ServiceGateState['gate'];
type Gate = Runner<ServiceGateState, ServiceGateEvent, ServiceGateEffect>;

/** Beyond, ports are not asked, and count as ones where nobody answers. A node runs fewer Pods than that. */
const mostPorts = 1_000;

export class ServiceGates {
  readonly #dependencies: ServiceGatesDependencies;
  readonly #changed: () => void;
  readonly #limitReached: Counter;
  readonly #gates = new Map<number, Gate>();
  #hosts: readonly Ip[] = [];
  #isFull = false;

  /** `changed`: some gate is another now. */
  constructor(dependencies: ServiceGatesDependencies, changed: () => void) {
    this.#dependencies = dependencies;
    this.#changed = changed;
    this.#limitReached = kubeMetrics(dependencies.metrics).limitReached;
  }

  /** All that are wanted: the others are forgotten. `hosts`: addresses of this machine to ask at. */
  follow(ports: ReadonlySet<number>, hosts: readonly Ip[]): void {
    this.#hosts = hosts;
    for (const [port, gate] of this.#gates) {
      if (ports.has(port)) continue;
      gate.stop();
      this.#gates.delete(port);
    }
    for (const port of ports) {
      if (this.#gates.size < mostPorts && !this.#gates.has(port)) this.#begin(port);
    }
    const isFull = ports.size > mostPorts;
    if (isFull && !this.#isFull) this.#limitReached.add({ limit: 'healthCheckNodePorts' });
    this.#isFull = isFull;
  }

  of(port: number): ServiceGate {
    return this.#gates.get(port)?.state.gate ?? (this.#isFull ? 'unknown' : 'asking');
  }

  #begin(port: number): void {
    const { clock, serviceHealth } = this.#dependencies;
    const gate: Gate = new Runner(serviceGate, clock, (effect) => {
      if (effect.kind === 'changed') this.#changed();
      else serviceHealth.ask({ hosts: this.#hosts, port }, (health) => gate.dispatch({ kind: 'answered', health }));
    });
    this.#gates.set(port, gate);
    gate.dispatch({ kind: 'start' });
  }
}
