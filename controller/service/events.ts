// What is said about a Service in Events when a decision about it was written. What the status said already is not said again, so neither a
// restart nor a new leader repeats anything.
import type { RecordedEvent } from '#shared/kube/event-recorder.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { deprecatedAnnotations } from '../allocation/annotations.ts';
import { quotedList, type Refusal } from '../allocation/refusals.ts';
import type { Decision } from '../plan.ts';
import { allocatedCondition, allocatedConditionOf, conditionOf, isSameCondition } from './conditions.ts';

export type ServiceEvent = Omit<RecordedEvent, 'regarding'>;

/** What brings the Service, as its status was shown, to the decision. */
export function serviceEvents(decision: Decision, service: ServiceView): readonly ServiceEvent[] {
  const events = [
    ...lossEvents(decision, service),
    ...assignmentEvents(decision, service),
    ...refusalEvents(decision, service),
  ];
  if (events.length === 0) return [];
  return [...deprecationEvents(service), ...invalidStatusEvents(service), ...events];
}

export function shownIps({ ingress }: ServiceView): readonly string[] {
  return ingress.flatMap((entry) => ('ip' in entry ? [entry.ip] : []));
}

function assignmentEvents({ addresses }: Decision, service: ServiceView): readonly ServiceEvent[] {
  const shown = shownIps(service);
  const added = addresses.filter(({ ip }) => !shown.includes(ip));
  if (added.length === 0) return [];
  const note =
    added.length < addresses.length
      ? `Assigned additional IP ${added.map(({ ip }) => `"${ip}"`).join(' ')}`
      : `Assigned IP ${quotedList(added)}`;
  return [{ type: 'Normal', reason: 'IPAllocated', action: 'Allocate', note }];
}

/** One for each rule that took addresses away. */
function lossEvents(decision: Decision, service: ServiceView): readonly ServiceEvent[] {
  const shown = shownIps(service);
  const lost = decision.lost.filter(({ address }) => shown.includes(address.ip));
  const duplicates = lost.flatMap(({ address, duplicateOf }): ServiceEvent[] =>
    duplicateOf === undefined
      ? []
      : [
          {
            type: 'Warning',
            reason: 'DuplicateAddress',
            action: 'Release',
            note: `Address ${address.ip} is held by the older Service ${duplicateOf}`,
          },
        ],
  );
  const byRule = Map.groupBy(
    lost.filter(({ duplicateOf }) => duplicateOf === undefined),
    ({ why }) => why.message,
  );
  const cleared = [...byRule].map(([message, losses]): ServiceEvent => {
    const note = `Cleared assignment ${quotedList(losses.map(({ address }) => address))}: ${message}`;
    return { type: 'Normal', reason: 'ClearAssignment', action: 'Release', note };
  });
  return [...duplicates, ...cleared];
}

function refusalEvents(decision: Decision, service: ServiceView): readonly ServiceEvent[] {
  const { refusal } = decision;
  const said = conditionOf(service, allocatedCondition);
  if (refusal === undefined || isSameCondition(said, allocatedConditionOf(decision))) return [];
  return [{ ...refusalEvent(refusal, service), action: 'Allocate' }];
}

function refusalEvent({ reason, message }: Refusal, { key }: ServiceView): Omit<ServiceEvent, 'action'> {
  switch (reason) {
    case 'InvalidRequest':
      return { type: 'Warning', reason: 'LoadBalancerFailed', note: message };
    case 'NotEnoughClusterIPs':
    case 'InvalidClusterIPs':
      return { type: 'Warning', reason, note: message };
    case 'PartiallyAllocated':
      return { type: 'Normal', reason: 'AdditionalAssignFailed', note: message };
    default:
      return { type: 'Warning', reason: 'AllocationFailed', note: `Failed to allocate IP for "${key}": ${message}` };
  }
}

function deprecationEvents(service: ServiceView): readonly ServiceEvent[] {
  return deprecatedAnnotations(service).map((name) => ({
    type: 'Warning',
    reason: 'deprecatedAnnotation',
    action: 'Parse',
    note: `Annotation ${name} is deprecated: use ${name.replace('metallb.universe.tf/', 'metallb.io/')}`,
  }));
}

/** Somebody wrote what no controller would. */
function invalidStatusEvents(service: ServiceView): readonly ServiceEvent[] {
  const shown = shownIps(service);
  const ips = shown.map((text) => parseIp(text));
  const families = new Set(ips.map((ip) => ip?.includes(':')));
  if (ips.every((ip): ip is Ip => ip !== undefined) && families.size === ips.length) return [];
  const note = `The status held ${quotedList(shown.map((ip) => ({ ip })))}: not one address of each family`;
  return [{ type: 'Warning', reason: 'InvalidStatusIPs', action: 'Allocate', note }];
}
