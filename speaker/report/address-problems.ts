// Why an address that this node could announce is not announced, or not by this node alone: what its LANs show, in words for people.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Desired } from '../desired/desired.ts';
import type { ObservedInterface, ObservedSegment, WireObserved } from '../seam.ts';
import type { NodeId } from '../segment/node-id.ts';

export interface AddressProblem {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly reason: 'noInterface' | 'addressInUse' | 'foreignClaim' | 'strictArpNeeded';
  readonly message: string;
}

export const strictArpAdvice =
  'every node answers ARP for it: set strictARP: true in the configuration of kube-proxy (mode ipvs)';

type Cause = Pick<AddressProblem, 'reason' | 'message'>;

export function addressProblems(
  desired: Desired,
  observation: WireObserved,
  self: { readonly id: NodeId; readonly name: string },
  /** Segments on which the kernel of this node answers for every address. */
  unstrict: readonly string[],
): readonly AddressProblem[] {
  const found: AddressProblem[] = [];
  const add = (ip: Ip, cause: Cause): void => {
    for (const { service } of desired.services.get(ip) ?? []) found.push({ ip, service, ...cause });
  };
  for (const ip of observation.unplaced) {
    const interfaces = desired.byIp.get(ip)?.candidates.get(self.id)?.interfaces;
    if (interfaces === undefined || !desired.reports(ip)) continue;
    add(ip, { reason: 'noInterface', message: noInterfaceMessage(ip, self.name, interfaces, observation) });
  }
  for (const segment of observation.segments) {
    for (const { ip, cause } of foreignClaims(segment)) add(ip, cause);
  }
  for (const { ip, segments } of observation.addresses) {
    if (familyOf(ip) !== 'IPv4' || !segments.some(({ segment }) => unstrict.includes(segment))) continue;
    add(ip, { reason: 'strictArpNeeded', message: `${ip} lies on kube-ipvs0, and ${strictArpAdvice}` });
  }
  return found;
}

interface Found {
  readonly ip: Ip;
  readonly cause: Cause;
}

function foreignClaims({ segment, foreignClaims: claims }: ObservedSegment): readonly Found[] {
  return claims.map(({ ip, mac, while: phase }) => ({
    ip,
    cause:
      phase === 'probing'
        ? {
            reason: 'addressInUse',
            message: `${ip} is not announced on ${segment}: ${mac}, which is no speaker, has it; take it from that machine or out of the IPAddressPool`,
          }
        : {
            reason: 'foreignClaim',
            message: `${mac}, which is no speaker, says on ${segment} that it has ${ip}; it is defended: take it from that machine or out of the IPAddressPool`,
          },
  }));
}

function noInterfaceMessage(
  ip: Ip,
  node: string,
  wanted: readonly string[] | 'any',
  { interfaces, problems }: WireObserved,
): string {
  const why = wanted === 'any' ? noSubnet(node, interfaces) : namedUnusable(node, wanted, interfaces);
  const needs = familyOf(ip) === 'IPv6' ? ['IPv6 is announced on interfaces that have an IPv6 link-local address'] : [];
  return [`${ip} is announced nowhere: ${why}`, ...needs, ...problems].join('; ');
}

function noSubnet(node: string, interfaces: readonly ObservedInterface[]): string {
  const open = interfaces.filter((one) => one.open).map(({ name }) => name);
  const suitable = open.length === 0 ? 'it has no suitable interface' : `suitable are ${open.toSorted().join(', ')}`;
  return `no interface of node "${node}" has it in its subnet (${suitable}): name the interface in the L2Advertisement`;
}

function namedUnusable(node: string, wanted: readonly string[], interfaces: readonly ObservedInterface[]): string {
  const states = wanted.map((name) => {
    const found = interfaces.find((one) => one.name === name);
    return `${name}: ${found === undefined ? 'there is no such Ethernet interface' : (found.reason ?? 'not in use')}`;
  });
  return `node "${node}" cannot use the interfaces that the L2Advertisement names (${states.join(', ')})`;
}
