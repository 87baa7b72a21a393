// Says each problem once, as an Event on the object that has it.
import type { Problem } from '../config/problem.ts';
import type { EventRecorder } from './event-recorder.ts';

const apiVersion = 'metallb.io/v1beta1';

/** What is wrong with a pool itself; anything else is a problem of the configuration. */
const poolReasons: ReadonlyMap<string, string> = new Map([
  ['AddressOverlap', 'PoolConflict'],
  ['InvalidAddresses', 'PoolInvalid'],
  ['InvalidSelector', 'PoolInvalid'],
  ['InvalidSpec', 'PoolInvalid'],
]);

/** Kinds that have Events; what is wrong with the others stands in ConfigurationState only. */
const kinds: ReadonlySet<string> = new Set(['IPAddressPool', 'L2Advertisement', 'BGPAdvertisement']);

export class ProblemEvents {
  readonly #recorder: Pick<EventRecorder, 'record'>;
  #said: ReadonlySet<string> = new Set();

  constructor(recorder: Pick<EventRecorder, 'record'>) {
    this.#recorder = recorder;
  }

  record(problems: readonly Problem[]): void {
    const present = new Map(problems.map((problem) => [identityOf(problem), problem]));
    for (const [identity, problem] of present) {
      if (!this.#said.has(identity) && kinds.has(problem.object.kind)) this.#say(problem);
    }
    this.#said = new Set(present.keys());
  }

  /** The next leader says them again: it knows of none. */
  reset(): void {
    this.#said = new Set();
  }

  #say({ object, field, message, reason }: Problem): void {
    this.#recorder.record({
      regarding: { apiVersion, ...object },
      type: 'Warning',
      reason: (object.kind === 'IPAddressPool' ? poolReasons.get(reason) : undefined) ?? 'ConfigurationProblem',
      action: 'Configure',
      note: reason === 'AddressOverlap' ? message : `${field}: ${message}`,
    });
  }
}

function identityOf({ object, field, reason, message }: Problem): string {
  return JSON.stringify([object.uid, field, reason, message]);
}
