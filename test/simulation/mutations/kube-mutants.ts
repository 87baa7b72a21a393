// Broken rules of the Kubernetes client: what is listed, watched and sent again.
import type { Mutant } from './mutant.ts';

export const kubeMutants: readonly Mutant[] = [
  {
    name: '410 ignored',
    file: 'shared/kube/reflector-failure.ts',
    find: 'return afterExpiry(failures);',
    replace: "return backingOff('expired', failures);",
    caughtBy: ['K2'],
    scenarios: ['410 in each state of a watch'],
    soakSeeds: 10,
  },
  {
    name: 'relist without removal of the unseen',
    file: 'shared/kube/store.ts',
    find: '.filter((key) => !staged.has(key))',
    replace: '.filter(() => false)',
    caughtBy: ['K2', 'lost DELETED'],
    scenarios: ['lost DELETED'],
    soakSeeds: 10,
  },
  {
    name: 'resourceVersion from BOOKMARK ignored',
    file: 'shared/kube/reflector.ts',
    find: "if (state.phase.kind === 'watching') return { state: { ...state, resourceVersion }, effects: [heard] };",
    replace: "if (state.phase.kind === 'watching') return { state, effects: [heard] };",
    caughtBy: ['idle watches go on from bookmarks'],
    scenarios: ['idle watches go on from bookmarks'],
  },
  {
    name: 'back-off reset on connect',
    file: 'shared/kube/reflector.ts',
    find: "return { state: { ...state, stream: 'young', blocked: undefined }",
    replace: "return { state: { ...state, stream: 'young', blocked: undefined, failures: noFailures }",
    caughtBy: ['K1'],
    scenarios: ['watches that break as soon as they are open'],
  },
  {
    name: 'no back-off of lists and watches',
    file: 'shared/kube/reflector-failure.ts',
    find: 'return { reason, relist: false, wait: backOff(failures.any), failures: { ...failures, any: failures.any + 1 } };',
    replace: 'return { reason, relist: false, failures: { ...failures, any: failures.any + 1 } };',
    caughtBy: ['K1'],
    scenarios: ['watches that break as soon as they are open'],
  },
  {
    name: 'silence of the API withdraws',
    file: 'shared/kube/reflector.ts',
    find: "...(anew ? [{ kind: 'discard' } as const] : []),",
    replace: "...([{ kind: 'discard' }, { kind: 'commit' }] as const),",
    caughtBy: ['L1', 'L7', 'A2', 'K2'],
    soakSeeds: 20,
  },
];
