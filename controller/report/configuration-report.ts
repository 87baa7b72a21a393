// The controller's own ConfigurationState: everything that is wrong as the controller sees it.
import {
  configurationStates,
  configurationStateStatus,
  type ConfigurationStateStatus,
} from '#shared/api/configuration-state.ts';
import { configurationStateStatusOf } from '#shared/config/configuration-state.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { StatusObjects } from '#shared/kube/status-object.ts';
import type { Clock } from '#shared/runtime/clock.ts';

const name = 'controller';
const labels = { 'metallb.io/component-type': 'controller' };

export class ConfigurationReport {
  readonly #namespace: string;
  readonly #objects: StatusObjects;
  readonly #clock: Clock;
  #written: ConfigurationStateStatus | undefined;

  constructor(namespace: string, dependencies: { readonly objects: StatusObjects; readonly clock: Clock }) {
    this.#namespace = namespace;
    this.#objects = dependencies.objects;
    this.#clock = dependencies.clock;
  }

  get target() {
    return { resource: configurationStates, namespace: this.#namespace, name };
  }

  /** What stands there, from whoever led before: conditions that do not change keep the time when they turned. */
  found(object: unknown): void {
    const { status } = (object ?? {}) as { readonly status?: unknown };
    const read = configurationStateStatus.safeParse(status ?? {});
    this.#written = read.success ? read.data : undefined;
    this.#objects.forget(configurationStates, this.#namespace, name);
  }

  write(problems: readonly Problem[]): void {
    const state = { daemon: 'controller', problems, conditions: [] } as const;
    const status = configurationStateStatusOf(state, this.#written?.conditions ?? [], this.#clock.wallMs());
    this.#written = status;
    this.#objects.set({ ...this.target, labels, immutable: [], status });
  }
}
