// What is wrong with something a user wrote. Parsers return faults beside the value; they never throw.

/** What is wrong inside one object. */
export interface Fault {
  /** As `spec.addresses[2]`. */
  readonly field: string;
  /** What is wrong and what to do. */
  readonly message: string;
  readonly severity: 'error' | 'warning';
  /** Machine-readable kind of the fault, as `InvalidAddresses`. */
  readonly reason: string;
}

/** A fault and the object that has it. */
export interface Problem extends Fault {
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
}

export interface Parsed<Value> {
  readonly value: Value;
  readonly faults: readonly Fault[];
}

export function errorIn(field: string, reason: string, message: string): Fault {
  return { field, message, severity: 'error', reason };
}

export function warningIn(field: string, reason: string, message: string): Fault {
  return { field, message, severity: 'warning', reason };
}

export function hasErrors(faults: readonly Fault[]): boolean {
  return faults.some(({ severity }) => severity === 'error');
}

export function problemOf(
  kind: string,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
  fault: Fault,
): Problem {
  return { object: { kind, namespace, name, uid }, ...fault };
}
