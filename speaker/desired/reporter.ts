// Who tells people what concerns an address that nobody owns: one node, and the same for all. A Ready node before one that is not, as it can
// reach the apiserver; then the higher rendezvous score, then the higher node id.
import { ipToBytes, type Ip } from '#shared/net/ip.ts';
import { nodeIdToBytes, type NodeId } from '../segment/node-id.ts';
import type { SpeakerNode } from './inputs.ts';
import { fnv1a32, placementHash, score } from './rendezvous.ts';

export type Reporters = Iterable<Pick<SpeakerNode, 'name' | 'ready'>>;

/** Whether `self` is the one of these that reports what concerns the address. */
export type Reports = (ip: Ip, among: Reporters) => boolean;

/** Remembers the hashes of nodes: each is scored against many addresses. */
export function createReports(self: string, nodeId: (name: string) => NodeId): Reports {
  const hashes = new Map<string, number>();
  const hashOf = (name: string): number => {
    let hash = hashes.get(name);
    if (hash === undefined) hashes.set(name, (hash = fnv1a32(nodeIdToBytes(nodeId(name)))));
    return hash;
  };
  return (ip, among) => {
    const addressHash = placementHash(ipToBytes(ip));
    const ranked = Array.from(among, ({ name, ready }) => ({ name, ready, score: score(addressHash, hashOf(name)) }));
    const own = ranked.find(({ name }) => name === self);
    if (own === undefined) return false;
    return ranked.every((other) => other === own || comesBefore(own, other, nodeId));
  };
}

interface Ranked {
  readonly name: string;
  readonly ready: boolean;
  readonly score: number;
}

function comesBefore(a: Ranked, b: Ranked, nodeId: (name: string) => NodeId): boolean {
  if (a.ready !== b.ready) return a.ready;
  return a.score === b.score ? nodeId(a.name) > nodeId(b.name) : a.score > b.score;
}
