// What the wire thread is to know, decided from the cluster as it is seen and from what only this machine knows.
import type { DrainSignal } from '#shared/runtime/drain-signals.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import { desired, type Desired } from './desired/desired.ts';
import type { Inputs, SpeakerNode } from './desired/inputs.ts';
import { activeDrainSignals, clusterNodes, lansOf, ownCondition, type OwnSituation } from './desired/surroundings.ts';
import type { Gate } from './kube-proxy/gate.ts';
import type { WireObserved } from './seam.ts';
import type { SegmentKeys } from './segment/admission/keys.ts';
import type { Surroundings } from './wire-link.ts';

export interface DecisionOptions {
  readonly nodeName: string;
  readonly drainSignals: readonly DrainSignal[];
}

/** This node at the moment. */
export interface OwnState {
  /** Undefined: its Node is not known. */
  readonly node: SpeakerNode | undefined;
  readonly gate: Gate;
  /** The cluster is known from an earlier process only. */
  readonly isStale: boolean;
  /** It was asked to end. */
  readonly isLeaving: boolean;
}

type Machine = Pick<WireObserved, 'hostAddresses' | 'gateways'>;

export class Decision {
  readonly #options: DecisionOptions;
  readonly #changed: () => void;
  #keys: SegmentKeys | undefined;
  #excludedInterfaces: readonly string[] = [];
  /** What this machine has, as it was when it was last decided. */
  #machine: Machine | undefined;
  #desired: Desired | undefined;

  /** `changed`: it is to be decided anew. */
  constructor(options: DecisionOptions, changed: () => void) {
    this.#options = options;
    this.#changed = changed;
  }

  useKeys(keys: SegmentKeys | undefined): void {
    this.#keys = keys;
    this.#changed();
  }

  excludeInterfaces(patterns: readonly string[]): void {
    this.#excludedInterfaces = patterns;
    this.#changed();
  }

  get hasKeys(): boolean {
    return this.#keys !== undefined;
  }

  /** As it was decided last. */
  get desired(): Desired | undefined {
    return this.#desired;
  }

  isAnotherMachine(observation: Machine): boolean {
    return !deepEqual(machineOf(observation), this.#machine);
  }

  /** The Node is about to go, and its addresses with it. */
  isDraining(node: SpeakerNode | undefined, gate: Gate): boolean {
    return activeDrainSignals({ node, ineligible: this.#isIneligible(gate) }).length > 0;
  }

  decide(
    inputs: Inputs,
    machine: Machine,
    own: OwnState,
  ): { readonly surroundings: Surroundings; readonly desired: Desired } {
    this.#machine = machineOf(machine);
    this.#desired = desired(inputs, {
      name: this.#options.nodeName,
      hostAddresses: new Set(machine.hostAddresses),
      gateways: new Set(machine.gateways),
    });
    const surroundings = {
      nodes: clusterNodes(inputs),
      condition: ownCondition(this.#situation(own)),
      keys: this.#keys,
      ...lansOf(inputs),
      excludedInterfaces: this.#excludedInterfaces,
    };
    return { surroundings, desired: this.#desired };
  }

  #situation({ node, gate, isStale, isLeaving }: OwnState): OwnSituation {
    return {
      node,
      noClaim: gate === 'noClaim' || gate === 'cannotForward',
      cannotForward: gate === 'cannotForward',
      ineligible: this.#isIneligible(gate),
      stale: isStale,
      leaving: isLeaving,
    };
  }

  #isIneligible(gate: Gate): boolean {
    return gate === 'ineligible' && this.#options.drainSignals.includes('proxy-ineligible');
  }
}

function machineOf({ hostAddresses, gateways }: Machine): Machine {
  return { hostAddresses, gateways };
}
