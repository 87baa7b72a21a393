// A Service and what it holds when a plan begins.
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { Address } from './address.ts';
import type { Refusal } from './refusals.ts';
import type { Request } from './request.ts';

export interface Holder {
  readonly request: Request;
  /** In the order of its status. */
  readonly current: readonly Address[];
  /** The pool they are said to be from. */
  readonly fromPool: string | undefined;
  /** Whether it asks for what it asked for when its addresses were last accepted. */
  readonly since: 'unchanged' | 'changed' | 'unknown';
}

/** An address that a Service may not keep. */
export interface Loss {
  readonly address: Address;
  readonly why: Refusal;
  /** The other Service, when both were given the address though they may not share it. */
  readonly duplicateOf: ObjectKey | undefined;
}
