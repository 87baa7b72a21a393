// What people are told about the announcement of Services: what may be owned, joined with what this node owns on its LANs.
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { compareIps, type Ip } from '#shared/net/ip.ts';
import type { Desired } from '../desired/desired.ts';
import { sameOwnership } from '../observed-ownership.ts';
import type { ObservedAddress, WireObserved } from '../seam.ts';
import type { NodeId } from '../segment/node-id.ts';

/** A Service of which this node answers for an address right now. */
export interface ShownService {
  readonly service: ServiceView;
  /** Those that it answers for, IPv4 first. */
  readonly ips: readonly Ip[];
  /** Where it speaks for the Service, as it owns its first address there: one status object each. */
  readonly parts: readonly ShownPart[];
}

export interface ShownPart {
  /** Name of the interface; undefined: of the Service as a whole. */
  readonly segment: string | undefined;
  readonly ips: readonly Ip[];
  /** Names, sorted. */
  readonly interfaces: readonly string[];
}

export interface Shown {
  readonly services: readonly ShownService[];
  /** Those that this node speaks for, answering or silent. */
  readonly spokenFor: readonly ServiceView[];
  /** Owned and not answered, as no Service behind them has a usable endpoint. */
  readonly silent: readonly { readonly ip: Ip; readonly service: ServiceView }[];
}

/** The same result, in identity too, as long as nothing changes in it. */
export class ShownServices {
  readonly #self: NodeId;
  #desired: Desired | undefined;
  #addresses: readonly ObservedAddress[] = [];
  #segments: readonly string[] = [];
  #shown: Shown = { services: [], spokenFor: [], silent: [] };

  constructor(self: NodeId) {
    this.#self = self;
  }

  of(desired: Desired, { addresses, segments }: WireObserved): Shown {
    const names = segments.map(({ segment }) => segment);
    const isSame =
      desired === this.#desired && sameOwnership(addresses, this.#addresses) && sameTexts(names, this.#segments);
    if (!isSame) this.#shown = shownOf(desired, addresses, names, this.#self);
    this.#desired = desired;
    this.#addresses = addresses;
    this.#segments = names;
    return this.#shown;
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

interface Owned {
  readonly first: Ip;
  /** Segments on which they are answered. */
  readonly answered: Map<Ip, readonly string[]>;
  ownsFirst: boolean;
}

function shownOf(
  desired: Desired,
  addresses: readonly ObservedAddress[],
  segments: readonly string[],
  self: NodeId,
): Shown {
  const owned = new Map<ServiceView, Owned>();
  const silent: { readonly ip: Ip; readonly service: ServiceView }[] = [];
  for (const { ip, segments: ownerships } of addresses) {
    if (ownerships.length === 0) continue;
    const answering = ownerships.filter((one) => one.answering).map(({ segment }) => segment);
    for (const { service, first } of desired.services.get(ip) ?? []) {
      let entry = owned.get(service);
      if (entry === undefined) owned.set(service, (entry = { first, answered: new Map(), ownsFirst: false }));
      if (answering.length > 0) entry.answered.set(ip, answering);
      if (ip === first) entry.ownsFirst = true;
      if (desired.byIp.get(ip)?.answer === false) silent.push({ ip, service });
    }
  }
  const services = [...owned]
    .filter(([, { answered }]) => answered.size > 0)
    .map(([service, { first, answered }]) => {
      const main = mainSegment(desired.byIp.get(first)?.candidates.get(self)?.interfaces, segments);
      return { service, ips: inOrder(answered.keys()), parts: partsOf(first, answered, main) };
    });
  const spokenFor = [...owned].filter(([, { ownsFirst }]) => ownsFirst).map(([service]) => service);
  return { services, spokenFor, silent };
}

/** Whose owner writes the object of the Service as a whole; undefined: every segment that has the address, as there should be one. */
function mainSegment(
  interfaces: readonly string[] | 'any' | undefined,
  segments: readonly string[],
): string | undefined {
  if (interfaces === undefined || interfaces === 'any') return undefined;
  return interfaces.filter((name) => segments.includes(name)).toSorted()[0];
}

function partsOf(
  first: Ip,
  answered: ReadonlyMap<Ip, readonly string[]>,
  main: string | undefined,
): readonly ShownPart[] {
  const speaksOn = (answered.get(first) ?? []).toSorted();
  const whole = main ?? speaksOn[0];
  const further = speaksOn.filter((segment) => segment !== whole);
  const partOn = (segment: string | undefined, counts: (name: string) => boolean): ShownPart => {
    const ips = [...answered].filter(([, names]) => names.some(counts)).map(([ip]) => ip);
    const interfaces = new Set([...answered.values()].flat().filter(counts));
    return { segment, ips: inOrder(ips), interfaces: [...interfaces].toSorted() };
  };
  const parts = further.map((segment) => partOn(segment, (name) => name === segment));
  if (whole === undefined || !speaksOn.includes(whole)) return parts;
  return [partOn(undefined, (name) => !further.includes(name)), ...parts];
}

function inOrder(ips: Iterable<Ip>): readonly Ip[] {
  return [...ips].toSorted(compareIps);
}
