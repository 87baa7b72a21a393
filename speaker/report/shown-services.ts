// What a Service's status, Events and metrics say about its announcement: what was decided, joined with what the wire thread sees (pure).
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Desired } from '../desired/desired.ts';
import type { ObservedInterface, WireObserved } from '../seam.ts';

/** A Service that this node answers for right now. */
export interface ShownService {
  readonly service: ServiceView;
  readonly ips: readonly Ip[];
  /** Names, sorted. */
  readonly interfaces: readonly string[];
  /** This node speaks for the Service: it owns its first address. */
  readonly first: boolean;
}

/** An address that this node owns and answers on no interface. */
export interface UnansweredAddress {
  readonly ip: Ip;
  readonly service: ServiceView;
  readonly message: string;
}

export function shownServices(desired: Desired, observation: WireObserved): readonly ShownService[] {
  const interfacesOf = answeredOn(observation);
  return desired.services.flatMap(({ service, ips, first }) => {
    const answered = ips.filter((ip) => interfacesOf.has(ip));
    const interfaces = new Set(answered.flatMap((ip) => interfacesOf.get(ip) ?? []));
    return answered.length === 0 ? [] : [{ service, ips: answered, interfaces: [...interfaces].toSorted(), first }];
  });
}

export function unansweredAddresses(
  desired: Desired,
  observation: WireObserved,
  node: string,
): readonly UnansweredAddress[] {
  const interfacesOf = answeredOn(observation);
  const wanted = new Map(desired.addresses.map(({ ip, interfaces }) => [ip, interfaces]));
  return desired.services.flatMap(({ service, ips }) =>
    ips
      .filter((ip) => !interfacesOf.has(ip))
      .map((ip) => ({ ip, service, message: noInterfaceMessage(ip, node, wanted.get(ip) ?? 'any', observation) })),
  );
}

function answeredOn({ addresses }: WireObserved): ReadonlyMap<Ip, readonly string[]> {
  return new Map(
    addresses.filter(({ interfaces }) => interfaces.length > 0).map(({ ip, interfaces }) => [ip, interfaces]),
  );
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
