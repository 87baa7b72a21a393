import { expect, test } from 'vitest';
import { opensslSegmentCrypto as crypto } from '#speaker/host/segment-crypto.ts';
import { isSealed, seal } from '#speaker/segment/admission/keys.ts';
import { keySetOf } from '#speaker/segment/admission/key-set.ts';

const secret = (fill: number, length = 32): Uint8Array => new Uint8Array(length).fill(fill);

test('what one node sealed opens with the current or the previous key of another, and with no third one', () => {
  const [sender, swapped, stranger] = [
    keySetOf({ current: secret(1), previous: secret(2) }, crypto),
    keySetOf({ current: secret(2), previous: secret(1) }, crypto),
    keySetOf({ current: secret(3), previous: undefined }, crypto),
  ].map(({ keys }) => keys);
  if (sender === undefined || swapped?.previous === undefined || stranger === undefined) throw new Error('no keys');
  const datagram = secret(9, 80);
  seal(datagram, secret(0, 16), sender.current, crypto);
  expect(isSealed(datagram, secret(0, 16), [swapped.current, swapped.previous], crypto)).toBe(true);
  expect(isSealed(datagram, secret(7, 16), [swapped.current, swapped.previous], crypto)).toBe(false);
  expect(isSealed(datagram, secret(0, 16), [stranger.current], crypto)).toBe(false);
});

test.each([
  [undefined, undefined, false, ['there is no current key']],
  [undefined, secret(1), false, ['there is no current key']],
  [secret(1, 31), undefined, false, ['the current key is too short']],
  [secret(1), secret(2, 31), true, ['the previous key is too short']],
  [secret(1, 1000), undefined, true, []],
])('case %#', (current, previous, hasKeys, problems) => {
  const set = keySetOf({ current, previous }, crypto);
  expect([set.keys !== undefined, set.problems]).toEqual([hasKeys, problems]);
});
