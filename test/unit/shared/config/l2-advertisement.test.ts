import { describe, expect, test } from 'vitest';
import { parseL2Advertisement, type L2Advertisement } from '#shared/config/l2-advertisement.ts';
import { l2Advertisement } from './objects.ts';

function parsed(spec: object): L2Advertisement {
  const { value, faults } = parseL2Advertisement(l2Advertisement('a', spec));
  expect(faults).toEqual([]);
  if (value === undefined) throw new Error('no advertisement');
  return value;
}

const racked = (rack: string): object => ({ matchLabels: { rack } });

test('an empty spec selects everything', () => {
  const advertisement = parsed({});
  expect(advertisement).toMatchObject({ name: 'a', interfaces: [], preferredNodes: [] });
  expect(advertisement.selectsPool({ name: 'p', labels: {} })).toBe(true);
  expect(advertisement.selectsNode({})).toBe(true);
  expect(advertisement.selectsService({})).toBe(true);
});

describe('pools', () => {
  test.each([
    ['by name', { ipAddressPools: ['p'] }, true],
    ['not by another name', { ipAddressPools: ['q'] }, false],
    ['by labels', { ipAddressPoolSelectors: [racked('1')] }, true],
    ['not by other labels', { ipAddressPoolSelectors: [racked('2')] }, false],
    ['by labels, named or not', { ipAddressPools: ['q'], ipAddressPoolSelectors: [racked('1')] }, true],
  ])('are selected %s', (_, spec, selected) => {
    expect(parsed(spec).selectsPool({ name: 'p', labels: { rack: '1' } })).toBe(selected);
  });
});

test('nodes and Services are selected by one of the selectors', () => {
  const advertisement = parsed({ nodeSelectors: [racked('1'), racked('2')], serviceSelectors: [racked('3')] });
  expect(['1', '2', '3'].map((rack) => advertisement.selectsNode({ rack }))).toEqual([true, true, false]);
  expect(['1', '2', '3'].map((rack) => advertisement.selectsService({ rack }))).toEqual([false, false, true]);
});

test('the same preference may be given twice', () => {
  const preference = { weight: 40, preference: racked('1') };
  const { preferredNodes } = parsed({ preferredNodeSelectors: [preference, preference] });
  expect(preferredNodes.map(({ weight, matches }) => [weight, matches({ rack: '1' })])).toEqual([
    [40, true],
    [40, true],
  ]);
});

test.each([
  ['nodeSelectors', 'spec.nodeSelectors[0].matchLabels'],
  ['serviceSelectors', 'spec.serviceSelectors[0].matchLabels'],
  ['ipAddressPoolSelectors', 'spec.ipAddressPoolSelectors[0].matchLabels'],
])('an illegal selector in %s is a fault', (list, field) => {
  const { faults } = parseL2Advertisement(l2Advertisement('a', { [list]: [racked('a b')] }));
  expect(faults).toMatchObject([{ field, reason: 'InvalidSelector', severity: 'error' }]);
});

test('an illegal preference is a fault', () => {
  const preferredNodeSelectors = [{ weight: 1, preference: racked('a b') }];
  const { value, faults } = parseL2Advertisement(l2Advertisement('a', { preferredNodeSelectors }));
  expect(faults).toMatchObject([{ field: 'spec.preferredNodeSelectors[0].preference.matchLabels' }]);
  expect(value?.preferredNodes).toEqual([]);
});
