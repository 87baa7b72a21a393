// SHA-256, injected: names of objects and ids of nodes are made of it.
import { nodeIdFromBytes, type NodeId } from './segment/node-id.ts';

export type Sha256 = (text: string) => Uint8Array;

/** The first hexadecimal digits of a digest. */
export function hexDigits(digest: Uint8Array, digits: number): string {
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, digits);
}

/** The 8-byte id of a node: the beginning of the SHA-256 of its name. */
export function nodeId(name: string, sha256: Sha256): NodeId {
  return nodeIdFromBytes(sha256(name).subarray(0, 8));
}
