// What the status of a Service should say, and the one patch that makes it so: a strategic merge patch of services/status. Conditions merge by
// type, so those of others survive; `ingress` is replaced whole, so entries with a host name, which belong to others, are sent back as they are.
import assert from 'node:assert';
import { kubernetesTime } from '#shared/config/condition.ts';
import type { Ingress, ServiceCondition, ServiceView } from '#shared/kube/objects/service.ts';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { allocatedFromPool, legacyAllocatedFromPool } from './allocation/annotations.ts';
import { allocatedCondition, announcedCondition, conditionOf, isSameCondition } from './service-conditions.ts';

export interface DesiredStatus {
  /** The primary family first. */
  readonly ips: readonly Ip[];
  readonly pool: string | undefined;
  /** Those to write; the other one stays as it is. */
  readonly conditions: readonly ServiceCondition[];
}

/** What differs from the desired status; undefined when nothing does. */
export function statusChanges(service: ServiceView, desired: DesiredStatus, wallMs: number): StatusChanges | undefined {
  const annotations = annotationChanges(service, desired.pool);
  const conditions = conditionChanges(service, desired, wallMs);
  const ingress = isIngress(service.ingress, desired.ips) ? undefined : ingressOf(service, desired.ips);
  if (annotations === undefined && conditions.length === 0 && ingress === undefined) return undefined;
  return {
    ...(annotations === undefined ? {} : { annotations }),
    status: {
      ...(ingress === undefined ? {} : { loadBalancer: { ingress: ingress.length === 0 ? null : ingress } }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  };
}

interface StatusChanges {
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly status: object;
}

/** Refused with 409 when the Service is no longer the version that it was made for. */
export function statusPatch({ annotations, status }: StatusChanges, resourceVersion: string): object {
  return { metadata: { resourceVersion, ...(annotations === undefined ? {} : { annotations }) }, status };
}

/** What Ingot wrote goes when the Service is none of its any more. A successor of the same name has another uid and is left alone. */
export function cleanUpPatch(uid: string): object {
  return {
    metadata: { uid, annotations: { [allocatedFromPool]: null, [legacyAllocatedFromPool]: null } },
    status: { conditions: [allocatedCondition, announcedCondition].map((type) => ({ $patch: 'delete', type })) },
  };
}

export function isMarked({ annotations, conditions }: Pick<ServiceView, 'annotations' | 'conditions'>): boolean {
  return allocatedFromPool in annotations || legacyAllocatedFromPool in annotations || conditions.length > 0;
}

/** Own entries first, in order; then those of others. */
function isIngress(ingress: readonly Ingress[], ips: readonly Ip[]): boolean {
  return (
    ingress.every((entry, index) => {
      const ip = ips[index];
      return 'ip' in entry ? entry.ip === ip : ip === undefined;
    }) && ingress.length >= ips.length
  );
}

function ingressOf({ ingress }: ServiceView, ips: readonly Ip[]): readonly object[] {
  // The apiserver takes any spelling, and the same address twice: nobody but us would notice.
  assert(
    ips.every((ip) => parseIp(ip) === ip) && new Set(ips).size === ips.length,
    `unfit for a status: ${ips.join()}`,
  );
  const foreign = ingress.flatMap((entry) => ('entry' in entry ? [entry.entry] : []));
  return [...ips.map((ip) => ({ ip, ipMode: 'VIP' })), ...foreign];
}

function annotationChanges(
  { annotations }: ServiceView,
  pool: string | undefined,
): Readonly<Record<string, string | null>> | undefined {
  const changes = {
    ...(annotations[allocatedFromPool] === pool ? {} : { [allocatedFromPool]: pool ?? null }),
    ...(legacyAllocatedFromPool in annotations ? { [legacyAllocatedFromPool]: null } : {}),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

function conditionChanges(service: ServiceView, { conditions, ips }: DesiredStatus, wallMs: number): readonly object[] {
  const changes: object[] = [];
  for (const condition of conditions) {
    assert(condition.reason !== '', 'a condition has a reason');
    const before = conditionOf(service, condition.type);
    if (isSameCondition(before, condition)) continue;
    // Left out of the patch, the time of the last transition stays.
    const turned = before?.status === condition.status ? {} : { lastTransitionTime: kubernetesTime(wallMs) };
    changes.push({ ...condition, ...turned });
  }
  const isAnnounced = conditionOf(service, announcedCondition) !== undefined;
  if (isAnnounced && ips.length === 0) changes.push({ $patch: 'delete', type: announcedCondition });
  return changes;
}
