// Where a switch sends frames: played to a Linux bridge (test/host) and to the simulated switch (test/unit), three stations on each.

export type BridgeStation = 'A' | 'B' | 'C';

export type BridgeStep =
  /** `as`: with that one's MAC for its source, instead of its own. */
  | {
      readonly from: BridgeStation;
      readonly as?: BridgeStation;
      readonly to: BridgeStation | 'all';
      readonly heardBy: readonly BridgeStation[];
    }
  /** The cable is pulled and put back. */
  | { readonly replug: BridgeStation }
  /** Longer than the switch remembers. */
  | { readonly wait: 'ageing' };

export const bridgeSteps: readonly BridgeStep[] = [
  { from: 'A', to: 'B', heardBy: ['B', 'C'] },
  { from: 'B', to: 'all', heardBy: ['A', 'C'] },
  { from: 'A', to: 'B', heardBy: ['B'] },
  { replug: 'B' },
  { from: 'A', to: 'B', heardBy: ['B', 'C'] },
  { from: 'B', to: 'A', heardBy: ['A'] },
  { from: 'A', to: 'B', heardBy: ['B'] },
  { from: 'C', as: 'B', to: 'A', heardBy: ['A'] },
  { from: 'A', to: 'B', heardBy: ['C'] },
  { from: 'B', to: 'A', heardBy: ['A'] },
  { from: 'A', to: 'B', heardBy: ['B'] },
  { wait: 'ageing' },
  { from: 'A', to: 'B', heardBy: ['B', 'C'] },
];

/** Of the steps in which something is sent. */
export const heardInEachStep = bridgeSteps.flatMap((step) => ('from' in step ? [step.heardBy] : []));
