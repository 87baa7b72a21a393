// Rendezvous (highest random weight) hashing: every node computes the same score for a pair of address and node, so all agree on an order
// without talking, and a node that leaves moves its own addresses only. score(a, b) = mix32(mix32(FNV-1a-32(a)) xor FNV-1a-32(b)), with the
// hash of Fowler, Noll and Vo, and mix32 the 32-bit finaliser of MurmurHash3. All nodes must compute the same: a change is a new version.

const fnvOffsetBasis = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** FNV-1a, 32 bit, as an unsigned integer. */
export function fnv1a32(bytes: Uint8Array): number {
  let hash = fnvOffsetBasis;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, fnvPrime);
  return hash >>> 0;
}

/** Spreads every input bit over all output bits. */
export function mix32(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return (second ^ (second >>> 16)) >>> 0;
}

/** The part of the score that depends on the address only. */
export function placementHash(addressBytes: Uint8Array): number {
  return mix32(fnv1a32(addressBytes));
}

/** From `placementHash` of the address and `fnv1a32` of the node's id. */
export function score(addressHash: number, nodeHash: number): number {
  return mix32(addressHash ^ nodeHash);
}
