// The requests and watches of the programs, and what could go wrong with each of them.
import type { Script } from './act.ts';
import { customResources } from './custom-resources.ts';
import { lists } from './lists.ts';
import { records } from './records.ts';
import { serviceStatus } from './service-status.ts';
import { watches } from './watches.ts';

/** In a namespace that is there and empty. */
export function* conformanceScript(namespace: string): Script {
  yield* serviceStatus(namespace);
  yield* lists(namespace);
  yield* watches(namespace);
  yield* customResources(namespace);
  yield* records(namespace);
}
