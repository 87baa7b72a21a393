// Broken rules of BGP: what routers are told, and when (spec/simulation.md §8).
import type { Mutant } from './mutant.ts';

const restarts = 'routers keep the routes of speakers that restart';
const knowingNothing = 'routers keep the routes of a speaker that restarts and knows nothing';
const steady = 'routers hear nothing while nothing changes';
const drained = 'routers are asked to avoid a node before it leaves';

export const bgpMutants: readonly Mutant[] = [
  {
    name: 'End-of-RIB before everything is known',
    file: 'speaker/bgp/out-plan.ts',
    find: "...(complete && holding.endOfRib === 'owed' ?",
    replace: "...(holding.endOfRib === 'owed' ?",
    caughtBy: ['B1', knowingNothing],
    scenarios: [knowingNothing],
  },
  {
    name: 'withdraw and Cease at SIGTERM',
    file: 'speaker/bgp/session.ts',
    find: 'const isKept = keepsRoutes && established?.negotiated.peerKeepsRoutes === true;',
    replace: 'const isKept = keepsRoutes && established === undefined;',
    caughtBy: ['B1'],
    scenarios: [restarts],
  },
  {
    name: 'OPEN does not say that forwarding went on',
    file: 'speaker/bgp/negotiation.ts',
    find: 'forwarding: true })) : [];',
    replace: 'forwarding: false })) : [];',
    caughtBy: ['B1', restarts],
    scenarios: [restarts],
  },
  {
    name: 'two processes of a node run BGP at once',
    file: 'speaker/routing/turn.ts',
    find: 'const lock = nodeLock.take(() => {',
    replace: 'const lock = clock.after(nodeLock === undefined ? 0 : 1, () => {',
    caughtBy: ['B1'],
    scenarios: [restarts],
  },
  {
    name: 'a node that leaves gives nobody time',
    file: 'speaker/bgp/session.ts',
    find: 'this.#leaving = clock.after(graceMs, () => {',
    replace: 'this.#leaving = clock.after(0 * graceMs, () => {',
    caughtBy: ['B3'],
    scenarios: [drained],
  },
  {
    name: 'Cease before routes are withdrawn',
    file: 'speaker/bgp/session.ts',
    find: 'this.#routes.set(emptyTable, true);\n      this.#leaving = clock.after(withdrawnMs, end);',
    replace: 'this.#leaving = clock.after(withdrawnMs, end);',
    caughtBy: ['B3'],
    scenarios: [drained],
  },
  {
    name: 'withdrawals forgotten',
    file: 'speaker/bgp/out-plan.ts',
    find: 'withdrawn.length === 0',
    replace: 'withdrawn.length >= 0',
    caughtBy: ['B2', 'B3'],
    scenarios: [drained],
  },
  {
    name: 'everything is told again with each plan',
    file: 'speaker/bgp/out-plan.ts',
    find: 'const { changed, gone } = differences(holding.held, target);',
    replace:
      'const { gone } = differences(holding.held, target);\n  const { changed } = differences(noRoutes, target);',
    caughtBy: ['B2', steady],
    scenarios: [steady],
  },
];
