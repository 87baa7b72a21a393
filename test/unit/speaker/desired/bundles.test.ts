import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placementKeys } from '#speaker/desired/bundles.ts';
import { ip } from '../views.ts';

const [a, b, c, d, six] = ['192.0.2.2', '192.0.2.10', '192.0.2.11', '192.0.2.100', '2001:db8::1'].map(ip) as [
  ReturnType<typeof ip>,
  ReturnType<typeof ip>,
  ReturnType<typeof ip>,
  ReturnType<typeof ip>,
  ReturnType<typeof ip>,
];

test('an address alone is its own key', () => {
  expect(placementKeys([[a], [b]])).toEqual(
    new Map([
      [a, a],
      [b, b],
    ]),
  );
});

test('dual-stack: both families have the IPv4 address as key', () => {
  expect(placementKeys([[six, d]])).toEqual(
    new Map([
      [six, d],
      [d, d],
    ]),
  );
});

test('Services that share an address join their others', () => {
  const keys = placementKeys([[d, c], [c, six], [b], [six, a]]);
  expect(keys).toEqual(
    new Map([
      [a, a],
      [c, a],
      [d, a],
      [six, a],
      [b, b],
    ]),
  );
});

test('the order of the Services does not matter', () => {
  const address = fc.integer({ min: 1, max: 12 }).map((last) => ip(`192.0.2.${last}`));
  const groups = fc.array(fc.array(address, { minLength: 1, maxLength: 3 }), { maxLength: 10 });
  fc.assert(
    fc.property(
      groups.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))),
      ([some, shuffled]) => {
        expect(placementKeys(shuffled)).toEqual(placementKeys(some));
      },
    ),
  );
});
