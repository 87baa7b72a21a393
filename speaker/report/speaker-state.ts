// The ConfigurationState of this speaker: what it makes of the configuration, and what of its node keeps it from announcing.
import type { Condition } from '#shared/api/condition.ts';
import {
  configurationStates,
  configurationStateStatus,
  type ConfigurationStateStatus,
} from '#shared/api/configuration-state.ts';
import type { DesiredCondition } from '#shared/config/condition.ts';
import { configurationStateStatusOf } from '#shared/config/configuration-state.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { KubeApi } from '#shared/kube/kube-api.ts';
import type { DesiredStatusObject, StatusObjects } from '#shared/kube/status-object.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { SpeakerNode } from '../desired/inputs.ts';
import { ownerReference } from '../cluster/own-node.ts';

const readAgainMs = 10_000;
/** What differs only in words, as who is suspected, waits for so long after the last write. */
const betweenWordsMs = 10_000;

export interface SpeakerStateOptions {
  readonly namespace: string;
  readonly nodeName: string;
}

export interface SpeakerStateDependencies {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly objects: StatusObjects;
}

export class SpeakerState {
  readonly #options: SpeakerStateOptions;
  readonly #dependencies: SpeakerStateDependencies;
  readonly #changed: () => void;
  readonly #name: string;
  /** As they were written last, by this process or an earlier one; undefined while that is not known. */
  #conditions: readonly Condition[] | undefined;
  #reading: Cancel | undefined;
  #written: StateObject | undefined;
  #writtenMs = -Infinity;
  #later: Cancel | undefined;

  /** `changed`: `update` has an effect now. */
  constructor(options: SpeakerStateOptions, dependencies: SpeakerStateDependencies, changed: () => void) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#changed = changed;
    this.#name = `speaker-${options.nodeName}`;
  }

  start(): void {
    const { api, clock } = this.#dependencies;
    const { namespace } = this.#options;
    this.#reading = api.request(
      { verb: 'get', resource: configurationStates, namespace, name: this.#name },
      (answer) => {
        if (answer.kind === 'ok') {
          this.#conditions = conditionsOf(answer.body);
        } else if (answer.error.kind === 'status' && answer.error.code === 404) {
          this.#conditions = [];
        } else {
          this.#reading = clock.after(readAgainMs, () => this.start());
          return;
        }
        this.#changed();
      },
    );
  }

  stop(): void {
    this.#reading?.();
    this.#later?.();
  }

  update(problems: readonly Problem[], conditions: readonly DesiredCondition[], node: SpeakerNode): void {
    if (this.#conditions === undefined) return;
    const { clock, objects } = this.#dependencies;
    const state = { daemon: 'speaker', problems, conditions } as const;
    const status = configurationStateStatusOf(state, this.#conditions, clock.wallMs());
    const object = this.#objectOf(status, node);
    if (deepEqual(object, this.#written)) return;
    const restMs = this.#writtenMs + betweenWordsMs - clock.nowMs();
    if (restMs > 0 && deepEqual(withoutMessages(object), this.#written && withoutMessages(this.#written))) {
      this.#later ??= clock.after(restMs, () => {
        this.#later = undefined;
        this.#changed();
      });
      return;
    }
    this.#conditions = status.conditions ?? [];
    this.#written = object;
    this.#writtenMs = clock.nowMs();
    objects.set(object);
  }

  #objectOf(status: ConfigurationStateStatus, node: SpeakerNode): StateObject {
    return {
      resource: configurationStates,
      namespace: this.#options.namespace,
      name: this.#name,
      labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': node.name },
      ownerReferences: [ownerReference(node)],
      immutable: [],
      status,
    };
  }
}

type StateObject = DesiredStatusObject & { readonly status: ConfigurationStateStatus };

function withoutMessages(object: StateObject): StateObject {
  const conditions = object.status.conditions?.map((condition) => ({ ...condition, message: '' }));
  return { ...object, status: { ...object.status, ...(conditions === undefined ? {} : { conditions }) } };
}

function conditionsOf(body: unknown): readonly Condition[] {
  const { status } = body as { readonly status?: unknown };
  const parsed = configurationStateStatus.safeParse(status);
  return parsed.success ? (parsed.data.conditions ?? []) : [];
}
