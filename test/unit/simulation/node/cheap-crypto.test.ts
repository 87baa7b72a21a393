import { expect, test } from 'vitest';
import { deriveSegmentKey, isSealed, seal, type SegmentKey } from '#speaker/segment/admission/keys.ts';
import { cheapCrypto } from '#test/simulation/node/cheap-crypto.ts';

const source = new Uint8Array(16).fill(10);

function keyOf(secret: string): SegmentKey {
  const key = deriveSegmentKey(new TextEncoder().encode(secret.padEnd(32, '.')), cheapCrypto);
  if (key === undefined) throw new Error('too short');
  return key;
}

function sealed(): Uint8Array {
  const datagram = Uint8Array.from({ length: 120 }, (_, index) => index);
  seal(datagram, source, keyOf('ours'), cheapCrypto);
  return datagram;
}

test('what is sealed with a key is opened with it', () => {
  expect(isSealed(sealed(), source, [keyOf('ours')], cheapCrypto)).toBe(true);
});

test('another key, another source and every changed octet are noticed', () => {
  expect(isSealed(sealed(), source, [keyOf('theirs')], cheapCrypto)).toBe(false);
  expect(isSealed(sealed(), new Uint8Array(16).fill(11), [keyOf('ours')], cheapCrypto)).toBe(false);
  for (let at = 0; at < sealed().length; at++) {
    const changed = sealed();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(isSealed(changed, source, [keyOf('ours')], cheapCrypto)).toBe(false);
  }
});

test('secrets have key ids of their own', () => {
  expect(new Set(['a', 'b', 'c', 'd'].map((secret) => keyOf(secret).id)).size).toBe(4);
});
