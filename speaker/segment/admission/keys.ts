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
  datagram.set(tagOf(datagram, source, key, crypto), datagram.length - tagBytes);
}

export function isSealed(datagram: Uint8Array, source: Uint8Array, keys: readonly SegmentKey[], crypto: SegmentCrypto) {
  const given = datagram.subarray(datagram.length - tagBytes);
  return keys.some((key) => isEqual(given, tagOf(datagram, source, key, crypto)));
}

function tagOf(datagram: Uint8Array, source: Uint8Array, key: SegmentKey, crypto: SegmentCrypto): Uint8Array {
  return crypto.hmac(key.bytes, [source, datagram.subarray(0, datagram.length - tagBytes)]).subarray(0, tagBytes);
}

/** In a time that does not depend on where they differ. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
