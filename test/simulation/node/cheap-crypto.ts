// The cryptography of segment messages for long runs: keyed 32-bit mixes that cost a hundredth of SHA-256. Nobody in a simulation forges
// anything; another key and a changed octet still give another tag.
import type { SegmentCrypto } from '#speaker/segment/admission/crypto.ts';

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;
const digestOctets = 32;

export const cheapCrypto: SegmentCrypto = {
  sha256: (octets) => digest(mixAll(offsetBasis, octets)),
  deriveKey(secret, info) {
    let hash = mixAll(offsetBasis, secret);
    for (let index = 0; index < info.length; index++) hash = mix(hash, info.charCodeAt(index));
    return digest(hash);
  },
  hmac(key, parts) {
    let hash = mixAll(offsetBasis, key);
    for (const part of parts) hash = mixAll(hash, part);
    return digest(hash);
  },
};

/** FNV-1a, four octets at a time: two inputs of one length that differ in one octet never meet. */
function mixAll(hash: number, octets: Uint8Array): number {
  let mixed = hash;
  const inWords = octets.length & ~3;
  for (let at = 0; at < inWords; at += 4) mixed = mix(mixed, wordAt(octets, at));
  for (let at = inWords; at < octets.length; at++) mixed = mix(mixed, octets[at] as number);
  return mixed;
}

function wordAt(octets: Uint8Array, at: number): number {
  const [low, high] = [octets[at] as number, octets[at + 2] as number];
  return low | ((octets[at + 1] as number) << 8) | (high << 16) | ((octets[at + 3] as number) << 24);
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, prime);
}

function digest(hash: number): Uint8Array {
  const octets = new Uint8Array(digestOctets);
  let word = hash;
  for (let at = 0; at < digestOctets; at += 4) {
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
    for (let octet = 0; octet < 4; octet++) octets[at + octet] = word >>> (8 * octet);
  }
  return octets;
}
