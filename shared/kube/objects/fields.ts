// Reading the fields of an object that came as JSON. An absent field, and null (Go's nil), is the zero value that the apiserver would give it;
// a field of another type is Unreadable.
import { intern } from './intern.ts';
import type { StringMap } from './view.ts';

export interface Fields {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Thrown by readers, caught in parseView: the object does not parse. */
export class Unreadable extends Error {}

/** What `read` gives, or undefined where it is Unreadable. */
export function ifReadable<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

export function fieldsOf(value: unknown, path: string): Fields {
  if (value === undefined || value === null) return { path, values: {} };
  if (typeof value !== 'object' || Array.isArray(value)) throw new Unreadable(`${path}: expected an object`);
  return { path, values: value as Fields['values'] };
}

export function child(fields: Fields, name: string): Fields {
  return fieldsOf(own(fields, name), pathOf(fields, name));
}

/** Undefined when absent or empty. */
export function text(fields: Fields, name: string): string | undefined {
  const value = own(fields, name) ?? '';
  if (typeof value !== 'string') throw unreadable(fields, name, 'a string');
  return value === '' ? undefined : value;
}

export function requiredText(fields: Fields, name: string): string {
  const value = text(fields, name);
  if (value === undefined) throw unreadable(fields, name, 'a value');
  return value;
}

/** Undefined when absent: some fields tell nil from false. */
export function flag(fields: Fields, name: string): boolean | undefined {
  const value = own(fields, name) ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw unreadable(fields, name, 'a boolean');
  return value;
}

/** Undefined when absent or zero. */
export function integer(fields: Fields, name: string): number | undefined {
  const value = own(fields, name) ?? 0;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw unreadable(fields, name, 'an integer');
  return value === 0 ? undefined : value;
}

/** One of `known`; anything else, also a value of a newer Kubernetes, is the first of them. */
export function oneOf<const Known extends string>(
  fields: Fields,
  name: string,
  known: readonly [Known, ...(readonly Known[])],
): Known {
  const value = text(fields, name);
  return known.find((candidate) => candidate === value) ?? known[0];
}

export function texts(fields: Fields, name: string): readonly string[] {
  return list(fields, name).map((value, index) => {
    if (typeof value !== 'string') throw unreadable(fields, `${name}[${index}]`, 'a string');
    return value;
  });
}

/** A map of strings, with `admits` only those names. */
export function textMap(fields: Fields, name: string, admits: (name: string) => boolean = () => true): StringMap {
  const entries = Object.entries(child(fields, name).values).filter(([entry]) => admits(entry));
  for (const [entry, value] of entries) {
    if (typeof value !== 'string') throw unreadable(fields, `${name}[${entry}]`, 'a string');
  }
  return Object.fromEntries((entries as [string, string][]).map(([entry, value]) => [entry, intern(value)]));
}

export function items(fields: Fields, name: string): readonly Fields[] {
  return list(fields, name).map((value, index) => fieldsOf(value, pathOf(fields, `${name}[${index}]`)));
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = own(fields, name) ?? [];
  if (!Array.isArray(value)) throw unreadable(fields, name, 'a list');
  return value;
}

/** Names are data: one may be called `constructor`. */
function own({ values }: Fields, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function pathOf(fields: Fields, name: string): string {
  return fields.path === '' ? name : `${fields.path}.${name}`;
}

function unreadable(fields: Fields, name: string, expected: string): Unreadable {
  return new Unreadable(`${pathOf(fields, name)}: expected ${expected}`);
}
