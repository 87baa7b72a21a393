import { expect, test } from 'vitest';
import { Leaving } from '#controller/service/leaving.ts';
import { address, service } from '../objects.ts';

const [a, b] = [service('a').key, service('b').key];
const [first, second] = [address('10.1.0.1').ip, address('10.1.0.2').ip];

test('an address leaves somebody else', () => {
  const leaving = new Leaving();
  leaving.set(a, [first]);
  expect(leaving.from(first, b)).toBe(a);
  expect(leaving.from(first, a)).toBeUndefined();
  expect(leaving.from(second, b)).toBeUndefined();
});

test('a shared address leaves one after the other', () => {
  const leaving = new Leaving();
  leaving.set(a, [first]);
  leaving.set(b, [first, second]);
  expect(leaving.from(first, a)).toBe(b);
  leaving.set(b, [second]);
  expect(leaving.from(first, b)).toBe(a);
  expect(leaving.from(second, a)).toBe(b);
  leaving.set(a, []);
  expect(leaving.from(first, b)).toBeUndefined();
});

test('the same address twice is said once', () => {
  const leaving = new Leaving();
  leaving.set(a, [first, first]);
  leaving.set(a, []);
  expect(leaving.from(first, b)).toBeUndefined();
});
