// What two OPENs agree on, or why they do not (RFC 4271 §6.2, RFC 5492, 6286, 6793, 7607, 9234).
import type { Family } from '#shared/net/ip.ts';
import { BgpError } from './bgp-error.ts';
import {
  capabilityCode,
  encodeCapability,
  findCapability,
  type Capability,
  type GracefulRestart,
} from './capability.ts';
import { errorCodes, openErrors } from './error-codes.ts';
import { familyOfAfiSafi, unicast } from './family.ts';
import { notification } from './notification.ts';
import { asnOf, asTrans, twoOctetAs, type OpenMessage } from './open.ts';
import type { PeerConfig } from './peer-config.ts';

/** What earlier attempts have taught about this peer; forgotten with a change of configuration. */
export interface OpenMemory {
  /** No session since this process began: the peer may be holding routes of the process before (RFC 4724 §4.1). */
  readonly restarting: boolean;
  /** Our own choice of hold time was refused. */
  readonly shortHoldRefused: boolean;
  /** Codes of capabilities that the peer could not bear. */
  readonly omitted: readonly number[];
}

export const freshMemory: OpenMemory = { restarting: true, shortHoldRefused: false, omitted: [] };

export interface Negotiated {
  readonly peerAsn: number;
  /** iBGP. */
  readonly internal: boolean;
  /** 0: neither KEEPALIVEs nor a hold timer. */
  readonly holdTimeMs: number;
  readonly keepaliveTimeMs: number;
  readonly families: readonly Family[];
  readonly fourOctetAs: boolean;
  readonly extendedNextHop: boolean;
  readonly linkLocalNextHop: boolean;
  /** We may send up to 65,535 octets. */
  readonly extendedMessage: boolean;
  readonly enhancedRouteRefresh: boolean;
  /** The peer's. */
  readonly gracefulRestart: GracefulRestart | undefined;
  /** While we restart. It needs not be able to restart so itself, and then names no family (RFC 4724 §3). */
  readonly peerKeepsRoutes: boolean;
}

export const defaultHoldTimeSeconds = 9;
/** Proposed where the default was refused. */
export const cautiousHoldTimeSeconds = 90;
const leastHoldTimeSeconds = 3;
const restartTimeSeconds = 30;
const roles = { provider: 0, customer: 3 } as const;
/** Without these there would be little left to agree on: a peer that names none of its complaints keeps them. */
const essential: ReadonlySet<number> = new Set([1, 2, 64, 65]);

/** Capabilities in ascending order of their codes. */
export function ownOpen(config: PeerConfig, memory: OpenMemory): OpenMessage {
  const holdTimeSeconds =
    config.holdTimeSeconds ?? (memory.shortHoldRefused ? cautiousHoldTimeSeconds : defaultHoldTimeSeconds);
  return {
    kind: 'open',
    myAs: twoOctetAs(config.localAsn),
    holdTimeSeconds,
    bgpIdentifier: config.bgpIdentifier,
    capabilities: offered(config, memory).filter((capability) => !memory.omitted.includes(capabilityCode(capability))),
  };
}

function offered(config: PeerConfig, { restarting }: OpenMemory): readonly Capability[] {
  const { families, hostName, softwareVersion } = config;
  const tuples = config.gracefulRestart ? families.map((family) => ({ ...unicast[family], forwarding: true })) : [];
  return [
    ...families.map((family): Capability => ({ kind: 'multiprotocol', ...unicast[family] })),
    { kind: 'routeRefresh' },
    ...when(config.extendedNextHop, { kind: 'extendedNextHop', tuples: [{ ...unicast.IPv4, nextHopAfi: 2 }] }),
    { kind: 'extendedMessage' },
    ...when(config.sendRole, { kind: 'role', role: roles.customer }),
    {
      kind: 'gracefulRestart',
      restarting: restarting && config.gracefulRestart,
      notification: false,
      restartTimeSeconds: config.gracefulRestart ? restartTimeSeconds : 0,
      tuples,
    },
    { kind: 'fourOctetAs', asn: config.localAsn },
    { kind: 'enhancedRouteRefresh' },
    { kind: 'fqdn', hostName, domainName: '' },
    { kind: 'softwareVersion', version: softwareVersion },
    ...when(config.linkLocalNextHop, { kind: 'linkLocalNextHop' }),
  ];
}

function when(condition: boolean, capability: Capability): readonly Capability[] {
  return condition ? [capability] : [];
}

/** What both OPENs mean together. Throws BgpError when the peer's is not acceptable. */
export function negotiate(config: PeerConfig, sent: OpenMessage, received: OpenMessage): Negotiated {
  const peerAsn = checkedAsn(config, received);
  const internal = peerAsn === config.localAsn;
  checkIdentifier(config, received, internal);
  if (received.holdTimeSeconds > 0 && received.holdTimeSeconds < leastHoldTimeSeconds) {
    throw refusal('unacceptableHoldTime', `a hold time of ${received.holdTimeSeconds} s`);
  }
  checkRole(config, received.capabilities);
  const [ours, theirs] = [sent.capabilities, received.capabilities];
  const both = (kind: Capability['kind']): boolean => [ours, theirs].every((all) => findCapability(all, kind));
  const holdTimeMs = Math.min(sent.holdTimeSeconds, received.holdTimeSeconds) * 1000;
  const gracefulRestart = findCapability(theirs, 'gracefulRestart');
  return {
    peerAsn,
    internal,
    holdTimeMs,
    keepaliveTimeMs: Math.min(config.keepaliveTimeMs ?? Infinity, holdTimeMs / 3),
    families: commonFamilies(ours, theirs),
    fourOctetAs: both('fourOctetAs'),
    extendedNextHop: [ours, theirs].every(reachesIPv4ByIPv6),
    linkLocalNextHop: both('linkLocalNextHop'),
    extendedMessage: both('extendedMessage'),
    enhancedRouteRefresh: both('enhancedRouteRefresh'),
    gracefulRestart,
    peerKeepsRoutes: both('gracefulRestart') && config.gracefulRestart,
  };
}

/** What a refusal of our OPEN teaches for the next one. */
export function learn(
  config: PeerConfig,
  memory: OpenMemory,
  { code, subcode, data }: { readonly code: number; readonly subcode: number; readonly data: Uint8Array },
): OpenMemory {
  if (code !== errorCodes.open) return memory;
  if (subcode === openErrors.unacceptableHoldTime && config.holdTimeSeconds === undefined) {
    return { ...memory, shortHoldRefused: true };
  }
  if (subcode !== openErrors.unsupportedParameter && subcode !== openErrors.unsupportedCapability) return memory;
  const all = offered(config, memory).map(capabilityCode);
  const named = namedCodes(data).filter((one) => all.includes(one));
  const omitted = named.length > 0 ? named : all.filter((one) => !essential.has(one));
  return { ...memory, omitted: [...new Set([...memory.omitted, ...omitted])] };
}

/** Codes of the capabilities in the data of 2/7; what does not fit names nothing. */
function namedCodes(data: Uint8Array): readonly number[] {
  const codes: number[] = [];
  for (let offset = 0; offset + 2 <= data.length; offset += 2 + (data[offset + 1] ?? 0)) codes.push(data[offset] ?? 0);
  return codes;
}

function checkedAsn({ peerAsn, localAsn }: PeerConfig, received: OpenMessage): number {
  const asn = asnOf(received);
  const expected =
    peerAsn === 'external' ? asn !== localAsn : peerAsn === 'internal' ? asn === localAsn : asn === peerAsn;
  if (expected && asn !== 0 && asn !== asTrans && received.myAs !== 0) return asn;
  throw refusal('badPeerAs', `AS mismatch: expected ${peerAsn}, got ${asn}`);
}

function checkIdentifier({ bgpIdentifier }: PeerConfig, received: OpenMessage, internal: boolean): void {
  if (received.bgpIdentifier === 0) throw refusal('badIdentifier', 'the BGP identifier is 0');
  if (internal && received.bgpIdentifier === bgpIdentifier) {
    throw refusal('badIdentifier', 'the peer has our own BGP identifier');
  }
}

/** A peer that says nothing of roles is welcome; one that contradicts itself, or us, is not (RFC 9234 §4.2). */
function checkRole({ sendRole }: PeerConfig, capabilities: readonly Capability[]): void {
  const named = new Set(capabilities.flatMap((one) => (one.kind === 'role' ? [one.role] : [])));
  const fits = !sendRole || named.size === 0 || named.has(roles.provider);
  if (named.size > 1 || !fits) throw refusal('roleMismatch', `role ${[...named].join(' and ')}`);
}

function commonFamilies(ours: readonly Capability[], theirs: readonly Capability[]): readonly Family[] {
  const [own, peers] = [familiesIn(ours), familiesIn(theirs)];
  const common = own.filter((family) => peers.includes(family));
  if (common.length > 0) return common;
  const missing = ours.filter(({ kind }) => kind === 'multiprotocol').flatMap((one) => [...encodeCapability(one)]);
  throw refusal('unsupportedCapability', 'no address family in common', Uint8Array.from(missing));
}

/** Who names no family means IPv4 unicast. */
function familiesIn(capabilities: readonly Capability[]): readonly Family[] {
  const named = capabilities.filter((one) => one.kind === 'multiprotocol');
  return named.length === 0 ? ['IPv4'] : named.map(familyOfAfiSafi).filter((family) => family !== undefined);
}

function reachesIPv4ByIPv6(capabilities: readonly Capability[]): boolean {
  return capabilities.some(
    (one) =>
      one.kind === 'extendedNextHop' &&
      one.tuples.some((tuple) => familyOfAfiSafi(tuple) === 'IPv4' && tuple.nextHopAfi === unicast.IPv6.afi),
  );
}

function refusal(subcode: keyof typeof openErrors, message: string, data?: Uint8Array): BgpError {
  return new BgpError(notification(errorCodes.open, openErrors[subcode], data), message);
}
