// ServiceL2Status: one for each Service and LAN that this node speaks for.
import { serviceL2Statuses, type ServiceL2StatusStatus } from '#shared/api/service-l2-status.ts';
import type { ServiceStatusKind } from './service-statuses.ts';
import type { ShownPart, ShownService } from './shown-services.ts';

const mostInterfaces = 64;
const mostIps = 16;

/** A new owner meets the old one's object and replaces it. */
export const serviceL2StatusKind: ServiceStatusKind<ShownService> = {
  resource: serviceL2Statuses,
  nameOf: (digits) => `l2-${digits}`,
  statusesOf: ({ service, parts }) => parts.map((part) => ({ service, part: part.segment, fields: fieldsOf(part) })),
};

function fieldsOf({ interfaces, ips }: ShownPart): Pick<ServiceL2StatusStatus, 'interfaces' | 'ips'> {
  return { interfaces: interfaces.slice(0, mostInterfaces).map((name) => ({ name })), ips: ips.slice(0, mostIps) };
}
