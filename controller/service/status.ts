// What the status of a Service should say, and the one patch that makes it so: a strategic merge patch of services/status. Conditions merge by
// type, so those of others survive; `ingress` is replaced whole, so entries with a host name, which belong to others, are sent back as they are.
import assert from 'node:assert';
import { kubernetesTime } from '#shared/config/condition.ts';
import type { Ingress, ServiceCondition, ServiceView } from '#shared/kube/objects/service.ts';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { allocatedFromPool, legacyAllocatedFromPool } from '../allocation/annotations.ts';
import { allocatedCondition, announcedCondition, conditionOf, isSameCondition } from './conditions.ts';

export interface DesiredStatus {
  /** The primary family first. */
  readonly ips: readonly Ip[];
  readonly pool: string | undefined;
  /** Those to write; the other one stays as it is. */
  readonly conditions: readonly ServiceCondition[];
}

export function differs(service: ServiceView, desired: DesiredStatus): boolean {
  return (
    !isIngress(service.ingress, desired.ips) ||
    annotationChanges(service, desired.pool) !== undefined ||
    changedConditions(service, desired).length > 0 ||
    isAnnouncedInVain(service, desired)
  );
}

/** Only what differs. Refused with 409 when the Service is no longer the version that it was made for. */
export function statusPatch(
  service: ServiceView,
  desired: DesiredStatus,
  { resourceVersion, wallMs }: { readonly resourceVersion: string; readonly wallMs: number },
): object {
  const annotations = annotationChanges(service, desired.pool);
  const conditions = conditionPatches(service, desired, wallMs);
  const ingress = isIngress(service.ingress, desired.ips) ? undefined : ingressOf(service, desired.ips);
  return {
    metadata: { resourceVersion, ...(annotations === undefined ? {} : { annotations }) },
    status: {
      ...(ingress === undefined ? {} : { loadBalancer: { ingress: ingress.length === 0 ? null : ingress } }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
  };
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
  const isRight = annotations[allocatedFromPool] === pool;
  const hasLegacy = legacyAllocatedFromPool in annotations;
  if (isRight && !hasLegacy) return undefined;
  return {
    ...(isRight ? {} : { [allocatedFromPool]: pool ?? null }),
    ...(hasLegacy ? { [legacyAllocatedFromPool]: null } : {}),
  };
}

function changedConditions(service: ServiceView, { conditions }: DesiredStatus): readonly ServiceCondition[] {
  return conditions.filter((condition) => !isSameCondition(conditionOf(service, condition.type), condition));
}

/** Without addresses there is nothing to announce, and nothing to say about it. */
function isAnnouncedInVain(service: ServiceView, { ips }: DesiredStatus): boolean {
  return ips.length === 0 && conditionOf(service, announcedCondition) !== undefined;
}

function conditionPatches(service: ServiceView, desired: DesiredStatus, wallMs: number): readonly object[] {
  const patches: object[] = changedConditions(service, desired).map((condition) => {
    assert(condition.reason !== '', 'a condition has a reason');
    // Left out of the patch, the time of the last transition stays.
    const isTurned = conditionOf(service, condition.type)?.status !== condition.status;
    return { ...condition, ...(isTurned ? { lastTransitionTime: kubernetesTime(wallMs) } : {}) };
  });
  return isAnnouncedInVain(service, desired) ? [...patches, { $patch: 'delete', type: announcedCondition }] : patches;
}
