// Which Services come and go on this node too often to be announced at once again (spec/bgp §13; pure): those that keep traffic on the node it
// comes to, and of which this node had endpoints and had none three times within a minute.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import { reachesEndpoint } from '../eligibility.ts';
import { usableNodes, type ServiceEndpoints } from '../service-endpoints.ts';

interface Presence {
  readonly isHere: boolean;
  /** When that changed, the last time last; at most as many as make a flap. */
  readonly changesMs: readonly number[];
}

/** Since this program first saw the Service. */
export type Presences = ReadonlyMap<ObjectKey, Presence>;

export interface Steadiness {
  readonly presences: Presences;
  /** Here again, and not for long enough. */
  readonly unsteady: ReadonlySet<ObjectKey>;
  /** When the first of these is; undefined: there are none. */
  readonly dueMs: number | undefined;
}

const flapChanges = 3;
const flapWithinMs = 60_000;
const restMs = 5_000;

export interface SteadinessInputs {
  readonly services: readonly ServiceView[];
  readonly endpoints: ServiceEndpoints;
  readonly node: string;
  /** Monotonic. */
  readonly nowMs: number;
}

export function steadiness({ services, endpoints, node, nowMs }: SteadinessInputs, before: Presences): Steadiness {
  const presences = new Map<ObjectKey, Presence>();
  const unsteady = new Set<ObjectKey>();
  let dueMs: number | undefined;
  for (const service of services) {
    if (service.externalTrafficPolicy !== 'Local') continue;
    const presence = presenceOf(isHere(service, endpoints, node), before.get(service.key), nowMs);
    presences.set(service.key, presence);
    const restsUntilMs = presence.isHere ? restOf(presence.changesMs) : undefined;
    if (restsUntilMs === undefined || restsUntilMs <= nowMs) continue;
    unsteady.add(service.key);
    dueMs = Math.min(dueMs ?? restsUntilMs, restsUntilMs);
  }
  return { presences, unsteady, dueMs };
}

function isHere(service: ServiceView, endpoints: ServiceEndpoints, node: string): boolean {
  return (['IPv4', 'IPv6'] as const).some((family) => {
    const usable = usableNodes(service, family, endpoints);
    return usable !== 'none' && reachesEndpoint(node, usable);
  });
}

function presenceOf(isHereNow: boolean, before: Presence | undefined, nowMs: number): Presence {
  if (before === undefined) return { isHere: isHereNow, changesMs: [] };
  if (before.isHere === isHereNow) return before;
  return { isHere: isHereNow, changesMs: [...before.changesMs, nowMs].slice(-flapChanges) };
}

/** Until when it rests, if the changes are a flap. */
function restOf(changesMs: readonly number[]): number | undefined {
  const [first, last] = [changesMs[0], changesMs.at(-1)];
  if (first === undefined || last === undefined || changesMs.length < flapChanges) return undefined;
  return last - first <= flapWithinMs ? last + restMs : undefined;
}
