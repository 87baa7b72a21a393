import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deepEqual } from '#shared/runtime/equal.ts';

test.each<[string, unknown, unknown, boolean]>([
  ['numbers', 1, 1, true],
  ['NaN', Number.NaN, Number.NaN, true],
  ['bigints', 1n, 1n, true],
  ['a number and its text', 1, '1', false],
  ['undefined and null', undefined, null, false],
  ['objects in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ['a missing and an undefined field', { a: 1 }, { a: 1, b: undefined }, true],
  ['an undefined and a missing field', { a: 1, b: undefined }, { a: 1 }, true],
  ['an added field', { a: 1 }, { a: 1, b: 2 }, false],
  ['a field named as a method', {}, { toString: 'x' }, false],
  ['an undefined field named as a method', { toString: undefined }, {}, true],
  ['an array and an object', [], {}, false],
  ['arrays', [1, [2]], [1, [2]], true],
  ['arrays of another length', [1], [1, undefined], false],
  [
    'maps in another order',
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    new Map([
      ['b', 2],
      ['a', 1],
    ]),
    true,
  ],
  ['maps with other values', new Map([['a', { x: 1 }]]), new Map([['a', { x: 2 }]]), false],
  ['maps with other keys', new Map([['a', undefined]]), new Map([['b', undefined]]), false],
  ['sets', new Set(['a', 'b']), new Set(['b', 'a']), true],
  ['another set', new Set(['a']), new Set(['b']), false],
  ['instances of a class', /a/, /a/, false],
  ['functions', () => 1, () => 1, false],
])('%s', (_, a, b, equal) => {
  expect(deepEqual(a, b)).toBe(equal);
  expect(deepEqual(b, a)).toBe(equal);
});

test('JSON equals its copy, and nothing that differs from it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(deepEqual(a, structuredClone(a))).toBe(true);
      expect(deepEqual(a, b)).toBe(canonical(a) === canonical(b));
    }),
  );
});

/** JSON with sorted fields; -0 is told from 0 as it is by Object.is. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}
