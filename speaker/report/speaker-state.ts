// The ConfigurationState of this speaker: what it makes of the configuration, and what of its node keeps it from announcing.
import type { Condition } from '#shared/api/condition.ts';
import { configurationStates, configurationStateStatus } from '#shared/api/configuration-state.ts';
import type { DesiredCondition } from '#shared/config/condition.ts';
import { configurationStateStatusOf } from '#shared/config/configuration-state.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { KubeApi } from '#shared/kube/kube-api.ts';
import type { NodeView } from '#shared/kube/objects/node.ts';
import type { StatusObjects } from '#shared/kube/status-object.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { ownerReference } from '../own-node.ts';
import type { WireObserved } from '../seam.ts';

const readAgainMs = 10_000;
const longestMessage = 1_024;
const mostNames = 20;

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
  }

  update(problems: readonly Problem[], conditions: readonly DesiredCondition[], node: NodeView): void {
    if (this.#conditions === undefined) return;
    const { clock, objects } = this.#dependencies;
    const state = { daemon: 'speaker', problems, conditions } as const;
    const status = configurationStateStatusOf(state, this.#conditions, clock.wallMs());
    this.#conditions = status.conditions ?? [];
    objects.set({
      resource: configurationStates,
      namespace: this.#options.namespace,
      name: this.#name,
      labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': node.name },
      ownerReferences: [ownerReference(node)],
      immutable: [],
      status,
    });
  }
}

/** Whether this node can announce at all, and what it still lacks. */
export function segmentsReady({ interfaces, problems }: WireObserved): DesiredCondition {
  const open = interfaces.filter((one) => one.open).map(({ name }) => name);
  const closed = interfaces
    .filter(({ reason }) => reason !== undefined)
    .map(({ name, reason }) => `${name}: ${reason}`);
  const ready = open.length > 0;
  const interfacesSay = ready
    ? open.toSorted().join(', ')
    : ['no interface can announce', ...closed.toSorted()].join('; ');
  return {
    type: 'SegmentsReady',
    status: ready ? 'True' : 'False',
    reason: ready ? 'Ready' : 'NoSegment',
    message: [interfacesSay, ...problems].join('; ').slice(0, longestMessage),
  };
}

/** Present only while it is true. */
export function statusContended(names: readonly string[]): readonly DesiredCondition[] {
  if (names.length === 0) return [];
  const message = `another speaker keeps replacing ${names.slice(0, mostNames).join(', ')}: left alone for 10 min`;
  return [{ type: 'StatusContended', status: 'True', reason: 'ReplacedByAnotherNode', message }];
}

function conditionsOf(body: unknown): readonly Condition[] {
  const { status } = body as { readonly status?: unknown };
  const parsed = configurationStateStatus.safeParse(status);
  return parsed.success ? (parsed.data.conditions ?? []) : [];
}
