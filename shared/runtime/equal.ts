// Equality of plain data: primitives, arrays, maps, sets of primitives and plain objects; a missing field equals an undefined one.

export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a)) return equalArrays(a, b as readonly unknown[]);
  if (a instanceof Map) return equalMaps(a, b as ReadonlyMap<unknown, unknown>);
  if (a instanceof Set) return a.size === (b as ReadonlySet<unknown>).size && a.isSubsetOf(b as ReadonlySet<unknown>);
  return isPlain(a) && equalObjects(a as Fields, b as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function equalArrays(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => deepEqual(value, b[index]));
}

function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  return a.size === b.size && Iterator.from(a).every(([key, value]) => b.has(key) && deepEqual(value, b.get(key)));
}

function equalObjects(a: Fields, b: Fields): boolean {
  return (
    Object.keys(a).every((name) => deepEqual(a[name], own(b, name))) &&
    Object.keys(b).every((name) => Object.hasOwn(a, name) || b[name] === undefined)
  );
}

/** Names are data: one may be called `toString`. */
function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** Functions, class instances and the like are equal only to themselves. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
