// What a Service is given.
import type { Address } from './address.ts';
import type { PoolSpace } from './pool-space.ts';
import type { Refusal } from './refusals.ts';

export interface Assignment {
  /** Undefined when there are no addresses. */
  readonly space: PoolSpace | undefined;
  /** The primary family first. */
  readonly addresses: readonly Address[];
  /** Why these are not all that the Service asks for. */
  readonly refusal: Refusal | undefined;
}

export function refused(refusal: Refusal): Assignment {
  return { space: undefined, addresses: [], refusal };
}
