// What stands in a Lease, and the Lease that is written instead.
import { apiVersionOf, leases } from './resources.ts';
import { child, fieldsOf, ifReadable, integer, requiredText, text } from './objects/fields.ts';
import { microTime } from './micro-time.ts';

export interface LeaseRecord {
  /** Empty when nobody holds it. */
  readonly holder: string;
  readonly transitions: number;
  /** For how long after a renewal the holder is to be believed. */
  readonly durationSeconds: number;
  readonly resourceVersion: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface LeaseChange {
  readonly act: 'acquire' | 'renew' | 'release';
  readonly holder: string;
  readonly transitions: number;
  readonly durationSeconds: number;
}

export const leaseDurationSeconds = 15;

/** Undefined when it is no Lease. */
export function readLease(body: unknown): LeaseRecord | undefined {
  return ifReadable(() => {
    const whole = fieldsOf(body, '');
    const metadata = child(whole, 'metadata');
    const spec = child(whole, 'spec');
    return {
      holder: text(spec, 'holderIdentity') ?? '',
      transitions: integer(spec, 'leaseTransitions') ?? 0,
      durationSeconds: integer(spec, 'leaseDurationSeconds') ?? leaseDurationSeconds,
      resourceVersion: requiredText(metadata, 'resourceVersion'),
      metadata: metadata.values,
      spec: spec.values,
    };
  });
}

/** The times in it are for people. */
export function leaseBody(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  before: LeaseRecord | undefined,
  { act, holder, transitions, durationSeconds }: LeaseChange,
  wallMs: number,
): object {
  const { managedFields: _, ...metadata } = before?.metadata ?? {};
  const now = microTime(wallMs);
  return {
    apiVersion: apiVersionOf(leases),
    kind: leases.kind,
    metadata: { ...metadata, namespace, name },
    spec: {
      ...before?.spec,
      holderIdentity: holder,
      leaseDurationSeconds: durationSeconds,
      leaseTransitions: transitions,
      renewTime: now,
      ...(act === 'renew' ? {} : { acquireTime: now }),
    },
  };
}
