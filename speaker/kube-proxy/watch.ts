// Follows kube-proxy's health (shell): asks again and again, and tells when the gate changes.
import type { Clock } from '#shared/runtime/clock.ts';
import { Runner } from '#shared/runtime/runner.ts';
import { kubeProxyGate, type Gate, type GateEffect, type GateEvent, type GateState } from './gate.ts';
import type { KubeProxyHealth, KubeProxyProbe } from './health.ts';

export interface KubeProxyWatchDependencies {
  readonly clock: Clock;
  readonly probe: KubeProxyProbe;
}

export class KubeProxyWatch {
  readonly #dependencies: KubeProxyWatchDependencies;
  readonly #changed: () => void;
  readonly #runner: Runner<GateState, GateEvent, GateEffect>;
  #health: KubeProxyHealth | undefined;

  /** `changed`: the gate is another now. */
  constructor(dependencies: KubeProxyWatchDependencies, changed: () => void) {
    this.#dependencies = dependencies;
    this.#changed = changed;
    this.#runner = new Runner(kubeProxyGate, dependencies.clock, (effect) => this.#perform(effect));
  }

  get gate(): Gate {
    return this.#runner.state.gate;
  }

  /** Of the last answer; undefined before the first. */
  get health(): KubeProxyHealth | undefined {
    return this.#health;
  }

  start(): void {
    this.#runner.dispatch({ kind: 'start' });
  }

  stop(): void {
    this.#runner.stop();
  }

  #perform(effect: GateEffect): void {
    if (effect.kind === 'changed') {
      this.#changed();
      return;
    }
    const { clock, probe } = this.#dependencies;
    probe.ask((health) => {
      this.#health = health;
      this.#runner.dispatch({ kind: 'answered', health, nowMs: clock.nowMs() });
    });
  }
}
