// From the secrets that a cluster shares to the keys that its segments use. A key is changed by adding the new one as the previous, so that all
// accept it, then swapping the two, then dropping the old one.
import type { SegmentCrypto } from './crypto.ts';
import { deriveSegmentKey, type SegmentKeys } from './keys.ts';

export interface SegmentSecrets {
  readonly current: Uint8Array | undefined;
  readonly previous: Uint8Array | undefined;
}

export interface KeySet {
  /** Undefined: there is nothing to speak with. */
  readonly keys: SegmentKeys | undefined;
  readonly problems: readonly string[];
}

export function keySetOf({ current, previous }: SegmentSecrets, crypto: SegmentCrypto): KeySet {
  if (current === undefined) return { keys: undefined, problems: ['there is no current key'] };
  const currentKey = deriveSegmentKey(current, crypto);
  if (currentKey === undefined) return { keys: undefined, problems: ['the current key is too short'] };
  if (previous === undefined) return { keys: { current: currentKey, previous: undefined }, problems: [] };
  const previousKey = deriveSegmentKey(previous, crypto);
  const problems = previousKey === undefined ? ['the previous key is too short'] : [];
  return { keys: { current: currentKey, previous: previousKey }, problems };
}
