// How many ServiceBGPStatus objects this node may have. Every node has one for each Service that it announces; a cluster where that may be too much
// is counted, and each node takes its share of what is left. The apiserver counts without sending: a list of one says how many follow.
import { mostServiceBGPStatuses, serviceBGPStatuses } from '#shared/api/service-bgp-status.ts';
import type { DesiredCondition } from '#shared/config/condition.ts';
import type { KubeAnswer, KubeApi, Selection } from '#shared/kube/kube-api.ts';
import { child, fieldsOf, ifReadable, integer, items } from '#shared/kube/objects/fields.ts';
import { nodes } from '#shared/kube/resources.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';

const countAgainMs = 600_000;
/** While some are withheld, or nothing is known. */
const countSoonMs = 10_000;

interface Dependencies {
  readonly api: KubeApi;
  readonly clock: Clock;
  /** The objects that this node has. */
  readonly existing: () => number;
}

export class StatusAllowance {
  readonly #namespace: string;
  readonly #dependencies: Dependencies;
  readonly #changed: () => void;
  #wanted = 0;
  /** In the cluster; undefined: not counted yet. */
  #nodes: number | undefined;
  /** With what this node had when it was counted; undefined: there was enough for all. */
  #share: number | undefined;
  /** The request or the pause that is under way; undefined: nothing was ever wanted. */
  #counting: Cancel | undefined;
  /** There was enough for all, and there is time until it is counted again. */
  #isResting = false;

  /** `changed`: `of` may have another answer. */
  constructor(namespace: string, dependencies: Dependencies, changed: () => void) {
    this.#namespace = namespace;
    this.#dependencies = dependencies;
    this.#changed = changed;
  }

  stop(): void {
    this.#counting?.();
  }

  /** Of so many that are wanted; what is there already is not to be deleted for it. Before the nodes were counted: none. */
  of(wanted: number): number {
    this.#wanted = wanted;
    if (wanted === 0) return 0;
    if (this.#counting === undefined || (this.#isResting && this.#mayBeTooMuch)) this.#count();
    if (this.#nodes === undefined) return 0;
    return this.#mayBeTooMuch ? Math.min(wanted, this.#share ?? 0) : wanted;
  }

  /** Told without numbers, which change all the time. */
  get conditions(): readonly DesiredCondition[] {
    if (!this.#mayBeTooMuch || (this.#share ?? Infinity) >= this.#wanted) return [];
    const message = `not every Service that this node announces by BGP has a ServiceBGPStatus: with one for each Service and node there would be more than ${mostServiceBGPStatuses} in the cluster`;
    return [{ type: 'ServiceStatusWithheld', status: 'True', reason: 'TooManyObjects', message }];
  }

  get #mayBeTooMuch(): boolean {
    return this.#wanted * (this.#nodes ?? 1) > mostServiceBGPStatuses;
  }

  #count(): void {
    this.#counting?.();
    this.#isResting = false;
    this.#ask({ resource: nodes }, (nodeCount) => {
      this.#nodes = nodeCount;
      if (this.#mayBeTooMuch) return this.#countObjects(nodeCount);
      this.#share = undefined;
      this.#isResting = true;
      this.#pause(countAgainMs);
    });
  }

  #countObjects(nodeCount: number): void {
    this.#ask({ resource: serviceBGPStatuses, namespace: this.#namespace }, (objects) => {
      this.#share =
        this.#dependencies.existing() + Math.floor(Math.max(0, mostServiceBGPStatuses - objects) / nodeCount);
      this.#pause(countSoonMs);
    });
  }

  #ask(selection: Selection, counted: (count: number) => void): void {
    const request = { verb: 'list', ...selection, limit: 1, metadataOnly: true } as const;
    this.#counting = this.#dependencies.api.request(request, (answer) => {
      const count = countIn(answer);
      if (count === undefined) this.#pause(countSoonMs);
      else counted(count);
    });
  }

  #pause(forMs: number): void {
    this.#counting = this.#dependencies.clock.after(forMs, () => this.#count());
    this.#changed();
  }
}

function countIn(answer: KubeAnswer): number | undefined {
  if (answer.kind === 'failed') return undefined;
  const { body } = answer;
  return ifReadable(() => {
    const whole = fieldsOf(body, '');
    return items(whole, 'items').length + (integer(child(whole, 'metadata'), 'remainingItemCount') ?? 0);
  });
}
