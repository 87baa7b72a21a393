// How much of the traffic this node should get, for the link bandwidth community (spec/bgp §14; pure): the ready endpoints that it has of Services
// with externalTrafficPolicy Local. Routers rehash connections when a weight changes, so small changes are none and others are not frequent.
import { familyOf, type Family } from '#shared/net/ip.ts';
import type { EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { announcedPrefix, type Contribution } from './contributions.ts';

export interface Weight {
  /** As announced. */
  readonly endpoints: number;
  readonly sinceMs: number;
}

export type Weights = Readonly<Record<Family, ReadonlyMap<EncodedPrefix, Weight>>>;

export const noWeights: Weights = { IPv4: new Map(), IPv6: new Map() };

const restMs = 5_000;
/** Of what was announced before. */
const leastChange = 0.2;

export interface SteadyWeights {
  readonly weights: Weights;
  /** When a change that had to wait may be made; undefined: none waits. */
  readonly dueMs: number | undefined;
}

export function steadyWeights(contributions: readonly Contribution[], before: Weights, nowMs: number): SteadyWeights {
  const weights = { IPv4: new Map<EncodedPrefix, Weight>(), IPv6: new Map<EncodedPrefix, Weight>() };
  let dueMs: number | undefined;
  const counts = endpointsOf(contributions);
  for (const family of ['IPv4', 'IPv6'] as const) {
    for (const [prefix, endpoints] of counts[family]) {
      if (endpoints === 0) continue;
      const known = before[family].get(prefix);
      const isOther = known === undefined || Math.abs(endpoints - known.endpoints) > leastChange * known.endpoints;
      const waitsUntilMs = known === undefined ? nowMs : known.sinceMs + restMs;
      if (isOther && waitsUntilMs > nowMs) dueMs = Math.min(dueMs ?? waitsUntilMs, waitsUntilMs);
      const next = isOther && waitsUntilMs <= nowMs ? { endpoints, sinceMs: nowMs } : known;
      if (next !== undefined) weights[family].set(prefix, next);
    }
  }
  return { weights, dueMs };
}

/** 0 where kube-proxy forwards to other nodes, and so no node is better than another; each Service counts once. */
function endpointsOf(
  contributions: readonly Contribution[],
): Readonly<Record<Family, ReadonlyMap<EncodedPrefix, number>>> {
  const counts = { IPv4: new Map<EncodedPrefix, number>(), IPv6: new Map<EncodedPrefix, number>() };
  for (const { ip, advertisements, readyHere } of contributions) {
    const ofFamily = counts[familyOf(ip)];
    for (const prefix of new Set(advertisements.map((one) => announcedPrefix(ip, one)))) {
      const known = ofFamily.get(prefix);
      const isWeighted = readyHere !== undefined && (known === undefined || known > 0);
      ofFamily.set(prefix, isWeighted ? (known ?? 0) + readyHere : 0);
    }
  }
  return counts;
}
