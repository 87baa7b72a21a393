// What each object of one kind says now, and what it said when it last was right: an error leaves the last good version in force.
import type { ObjectKey } from '../kube/objects/view.ts';
import type { ConfigObject } from './object.ts';
import { hasErrors, type Fault, type Parsed } from './problem.ts';

export interface ConfigKind<Spec, Value> {
  readonly kind: string;
  readonly parse: (object: ConfigObject<Spec>) => Parsed<Value | undefined>;
  /** Whether the value of an object with errors counts, instead of that of its last version without. */
  readonly toleratesErrors: boolean;
}

export interface Version<Spec, Value> {
  readonly object: ConfigObject<Spec>;
  /** What is in force. Undefined: nothing, as if there were no such object. */
  readonly value: Value | undefined;
  /** Of the object as it is now. */
  readonly faults: readonly Fault[];
}

/** By uid: an object that was deleted and created anew starts without a past. */
export type Versions<Spec, Value> = ReadonlyMap<string, Version<Spec, Value>>;

/** Parses what changed. Returns `previous` itself when nothing did. */
export function parseVersions<Spec, Value>(
  kind: ConfigKind<Spec, Value>,
  objects: ReadonlyMap<ObjectKey, ConfigObject<Spec>>,
  previous: Versions<Spec, Value> | undefined,
): Versions<Spec, Value> {
  const versions = new Map<string, Version<Spec, Value>>();
  let changed = previous === undefined;
  for (const key of [...objects.keys()].toSorted()) {
    const object = objects.get(key);
    if (object === undefined) continue;
    const before = previous?.get(object.uid);
    const same = before !== undefined && before.object === object;
    versions.set(object.uid, same ? before : parseVersion(kind, object, before));
    changed ||= !same;
  }
  return previous === undefined || changed || previous.size !== versions.size ? versions : previous;
}

/** What is in force, in the order of the objects' names. */
export function inForce<Value>(versions: Versions<unknown, Value> | undefined): readonly Value[] {
  return [...(versions?.values() ?? [])].flatMap(({ value }) => (value === undefined ? [] : [value]));
}

function parseVersion<Spec, Value>(
  { parse, toleratesErrors }: ConfigKind<Spec, Value>,
  object: ConfigObject<Spec>,
  before: Version<Spec, Value> | undefined,
): Version<Spec, Value> {
  const { value, faults } = parse(object);
  return { object, value: hasErrors(faults) && !toleratesErrors ? before?.value : value, faults };
}
