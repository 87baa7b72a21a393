// What the wire thread is told, as tests without a cluster thread say it: a cluster of so many nodes, of which each may own every address.
import assert from 'node:assert';
import { createHash } from 'node:crypto';
import type { Ip } from '#shared/net/ip.ts';
import { parseRange } from '#shared/net/range.ts';
import { nodeId } from '#speaker/digest.ts';
import type { WireOptions, WireSurroundings } from '#speaker/seam.ts';
import type { SegmentCrypto } from '#speaker/segment/admission/crypto.ts';
import { deriveSegmentKey } from '#speaker/segment/admission/keys.ts';
import { noFlags } from '#speaker/segment/message/member-flags.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import type { Candidate, DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';

/** What a test says of an address that is wanted. */
export type Wanted = Partial<DesiredAddress> & Partial<Pick<Candidate, 'interfaces'>> & { readonly ip: Ip };

const secret = new Uint8Array(32).fill(7);

export function idOf(name: string): NodeId {
  return nodeId(name, (text) => createHash('sha256').update(text).digest());
}

export function wireOptionsOf(name: string, changes: Partial<WireOptions> = {}): WireOptions {
  return { node: { id: idOf(name), name }, incarnation: 1, profile: 'default', port: 7946, saved: [], ...changes };
}

/** `nodes`: names of those that run a speaker; `pools`: prefixes or ranges. */
export function surroundingsOf(
  nodes: readonly string[],
  pools: readonly string[],
  crypto: SegmentCrypto,
): Omit<WireSurroundings, 'sequence'> {
  const current = deriveSegmentKey(secret, crypto);
  assert(current !== undefined);
  return {
    kind: 'surroundings',
    nodes: nodes.map((name) => ({
      id: idOf(name),
      name,
      addresses: [],
      ready: true,
      speaker: true,
      outOfService: false,
    })),
    condition: { flags: noFlags, cannotForward: false, ending: false },
    keys: { current, previous: undefined },
    ranges: pools.map((text) => {
      const range = parseRange(text);
      assert('first' in range, text);
      return range;
    }),
    namedInterfaces: [],
    excludedInterfaces: [],
  };
}

/** Each of the nodes may own it, unless it is said otherwise. */
export function desiredOf(nodes: readonly string[], { ip, interfaces = 'any', ...rest }: Wanted): DesiredAddress {
  const candidate = { interfaces, preference: 0, hasReadyEndpoint: true };
  const candidates = new Map(nodes.map((name) => [idOf(name), candidate]));
  return { ip, placementKey: ip, candidates, answer: true, release: false, ...rest };
}
