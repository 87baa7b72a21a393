// What the decisions of one plan are made on.
import type { Namespaces } from './candidates.ts';
import type { Supply } from './supply.ts';
import type { Territory } from './territory.ts';

export interface World {
  readonly territory: Territory;
  readonly supply: Supply;
  readonly namespaces: Namespaces;
  /** Where pools are looked for. */
  readonly ownNamespace: string;
}
