import { expect, test } from 'vitest';
import { hexDigits, nodeId } from '#speaker/digest.ts';
import { sha256 } from './views.ts';

// printf n1 | sha256sum
const digits = '676b8bb84ce7267d';

test('the first digits of a digest', () => {
  expect(hexDigits(sha256('n1'), 16)).toBe(digits);
  expect(hexDigits(Uint8Array.from([0, 1, 255]), 5)).toBe('0001f');
});

test('the id of a node is 8 bytes of the digest of its name', () => {
  expect(nodeId('n1', sha256)).toBe(digits);
});
