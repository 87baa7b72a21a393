import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Selector } from '#shared/api/selector.ts';
import { anyOf, compileSelector, compileSelectors, selectorIdentity } from '#shared/config/selector.ts';

const inRacks = (...values: string[]): Selector => ({ matchExpressions: [{ key: 'rack', operator: 'In', values }] });

describe('a selector', () => {
  test.each<[string, Selector, Record<string, string>, boolean]>([
    ['that is empty matches', {}, {}, true],
    ['matches equal labels', { matchLabels: { a: '1' } }, { a: '1', b: '2' }, true],
    ['matches no other value', { matchLabels: { a: '1' } }, { a: '2' }, false],
    ['matches no missing label', { matchLabels: { a: '' } }, {}, false],
    ['matches an empty value', { matchLabels: { a: '' } }, { a: '' }, true],
    ['needs all labels', { matchLabels: { a: '1', b: '2' } }, { a: '1' }, false],
    ['In one of the values', inRacks('1', '2'), { rack: '2' }, true],
    ['In none of the values', inRacks('1', '2'), { rack: '3' }, false],
    ['In needs the label', inRacks('1'), {}, false],
    ['NotIn', { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, { a: '1' }, false],
    ['NotIn matches a missing label', { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['1'] }] }, {}, true],
    ['Exists', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }, { a: '' }, true],
    ['Exists needs the label', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }, { b: '' }, false],
    ['DoesNotExist', { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, { a: '' }, false],
    ['needs labels and expressions', { matchLabels: { a: '1' }, ...inRacks('1') }, { a: '1', rack: '2' }, false],
    [
      'takes no inherited property for a label',
      { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      {},
      false,
    ],
  ])('%s', (_, selector, labels, expected) => {
    const { value, faults } = compileSelector(selector, 'spec');
    expect(faults).toEqual([]);
    expect(value?.(labels)).toBe(expected);
  });

  test.each<[string, Selector, string]>([
    ['a key with a space', { matchLabels: { 'a b': '' } }, 'spec.s[0].matchLabels'],
    ['a key with two slashes', { matchLabels: { 'a/b/c': '' } }, 'spec.s[0].matchLabels'],
    ['a key without a name', { matchLabels: { 'example.org/': '' } }, 'spec.s[0].matchLabels'],
    ['a key of 64 characters', { matchLabels: { ['k'.repeat(64)]: '' } }, 'spec.s[0].matchLabels'],
    ['an upper-case prefix', { matchLabels: { 'Example.org/a': '' } }, 'spec.s[0].matchLabels'],
    ['an empty prefix', { matchLabels: { '/a': '' } }, 'spec.s[0].matchLabels'],
    ['a value that ends in a dash', { matchLabels: { a: 'b-' } }, 'spec.s[0].matchLabels'],
    ['a value of 64 characters', { matchLabels: { a: 'v'.repeat(64) } }, 'spec.s[0].matchLabels'],
    ['an illegal key', { matchExpressions: [{ key: '', operator: 'Exists' }] }, 'spec.s[0].matchExpressions[0].key'],
    ['an illegal value', inRacks('1', 'a b'), 'spec.s[0].matchExpressions[0].values[1]'],
    ['In without values', { matchExpressions: [{ key: 'a', operator: 'In' }] }, 'spec.s[0].matchExpressions[0].values'],
    [
      'Exists with values',
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
      'spec.s[0].matchExpressions[0].values',
    ],
  ])('with %s is left out with a fault', (_, selector, field) => {
    const { value, faults } = compileSelectors([selector, {}], 'spec.s');
    expect(value).toHaveLength(1);
    expect(faults).toEqual([{ field, reason: 'InvalidSelector', severity: 'error', message: expect.any(String) }]);
  });
});

test.each<[string, Selector, Selector]>([
  ['in the same words', { matchLabels: { a: '1' } }, { matchLabels: { a: '1' } }],
  ['as expressions', { matchLabels: { rack: '1' } }, inRacks('1')],
  ['in another order', { matchLabels: { a: '1', b: '2' } }, { matchLabels: { b: '2', a: '1' } }],
  ['with values in another order', inRacks('1', '2'), inRacks('2', '1', '2')],
  ['with nothing', {}, { matchLabels: {}, matchExpressions: [] }],
])('a selector that says the same as another, %s, is a fault', (_, first, second) => {
  const { value, faults } = compileSelectors([first, second], 'spec.s');
  expect(value).toHaveLength(1);
  expect(faults).toMatchObject([
    { field: 'spec.s[1]', message: expect.stringMatching(/duplicate selector.*spec\.s\[0\]/) },
  ]);
});

test('selectors that say different things are told apart', () => {
  const different: Selector[] = [
    {},
    inRacks('1'),
    inRacks('1', '2'),
    { matchLabels: { rack: '1,2' } },
    { matchExpressions: [{ key: 'rack', operator: 'NotIn', values: ['1'] }] },
    { matchExpressions: [{ key: 'rack', operator: 'Exists' }] },
  ];
  expect(new Set(different.map(selectorIdentity)).size).toBe(different.length);
});

test('of several selectors one is enough, and none stands for all', () => {
  const { value } = compileSelectors([inRacks('1'), inRacks('2')], 'spec.s');
  expect(anyOf(value)({ rack: '2' })).toBe(true);
  expect(anyOf(value)({ rack: '3' })).toBe(false);
  expect(anyOf([])({})).toBe(true);
});

const anySelector: fc.Arbitrary<Selector> = fc.record(
  {
    matchLabels: fc.dictionary(fc.string(), fc.string()),
    matchExpressions: fc.array(
      fc.record(
        {
          key: fc.string(),
          operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
          values: fc.array(fc.string()),
        },
        { requiredKeys: ['key', 'operator'] },
      ),
    ),
  },
  { requiredKeys: [] },
);

test('every selector is compiled or has a fault', () => {
  fc.assert(
    fc.property(fc.array(anySelector), fc.dictionary(fc.string(), fc.string()), (selectors, labels) => {
      const { value, faults } = compileSelectors(selectors, 'spec.s');
      const faulty = new Set(faults.map(({ field }) => /^spec\.s\[(\d+)\]/.exec(field)?.[1]));
      expect(value.length + faulty.size).toBe(selectors.length);
      for (const matches of value) expect(typeof matches(labels)).toBe('boolean');
    }),
  );
});
