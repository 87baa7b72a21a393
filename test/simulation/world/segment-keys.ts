// The key of the cluster's segments as a Secret mounted into Pods has it: the same for all machines, unless a fault gives one of them another.
import { deriveSegmentKey, type SegmentKeys } from '#speaker/segment/admission/keys.ts';
import { cheapCrypto } from '../node/cheap-crypto.ts';

const secretOctets = 32;

/** `secret`: a word that stands for it. */
export function segmentKeys(secret: string): SegmentKeys {
  const octets = new TextEncoder().encode(secret.padEnd(secretOctets, '.'));
  const current = deriveSegmentKey(octets, cheapCrypto);
  if (current === undefined) throw new Error(`${secret} is no secret`);
  return { current, previous: undefined };
}

export const usualSecret = 'ours';
