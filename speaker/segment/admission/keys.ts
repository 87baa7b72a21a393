// The keys of a cluster's segments (layer2 §8 «Keys»): messages are sealed with the current one, and opened with it or the previous one.
import { tagBytes } from '../message/header.ts';
import type { SegmentCrypto } from './crypto.ts';

export interface SegmentKey {
  /** Tells keys apart without giving anything away. */
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface SegmentKeys {
  readonly current: SegmentKey;
  readonly previous: SegmentKey | undefined;
}

const leastSecretBytes = 32;

/** Undefined when the secret is too short to be one. */
export function deriveSegmentKey(secret: Uint8Array, crypto: SegmentCrypto): SegmentKey | undefined {
  if (secret.length < leastSecretBytes) return undefined;
  const [high = 0, low = 0] = crypto.sha256(secret);
  return { id: high * 256 + low, bytes: crypto.deriveKey(secret, 'ingot segment 1') };
}

/** Puts the tag into the last bytes of a datagram. `source`: the 16 bytes of the address that it is sent from. */
export function seal(datagram: Uint8Array, source: Uint8Array, key: SegmentKey, crypto: SegmentCrypto): void {
  const hash = hashOf(datagram, source, key, crypto);
  const start = datagram.length - tagBytes;
  for (let at = 0; at < tagBytes; at++) datagram[start + at] = hash[at] as number;
}

/** Two keys may have one id: it is not long. */
export function keysOfId({ current, previous }: SegmentKeys, id: number): readonly SegmentKey[] {
  if (previous?.id !== id) return current.id === id ? [current] : [];
  return current.id === id ? [current, previous] : [previous];
}

export function isSealed(datagram: Uint8Array, source: Uint8Array, keys: readonly SegmentKey[], crypto: SegmentCrypto) {
  return keys.some((key) => endsWithTag(datagram, hashOf(datagram, source, key, crypto)));
}

/** The tag is its beginning. */
function hashOf(datagram: Uint8Array, source: Uint8Array, key: SegmentKey, crypto: SegmentCrypto): Uint8Array {
  return crypto.hmac(key.bytes, [source, datagram.subarray(0, datagram.length - tagBytes)]);
}

/** In a time that does not depend on where they differ. */
function endsWithTag(datagram: Uint8Array, hash: Uint8Array): boolean {
  const start = datagram.length - tagBytes;
  let difference = 0;
  for (let at = 0; at < tagBytes; at++) difference |= (datagram[start + at] as number) ^ (hash[at] as number);
  return difference === 0;
}
