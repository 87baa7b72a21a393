// Neighbour Solicitations and Advertisements of IPv6 over Ethernet (RFC 4861 §4.3, §4.4; RFC 2464), and the forms that a responder sends.
// What §7.1 has a node discard is not decoded.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+---------------------------------------------------------+
//  |R|S|O|  reserved; the flags are those of an advertisement      |
//  +-+-+-+---------------------------------------------------------+
//  |                      target address (16)                      |
//  +---------------+---------------+-------------------------------+
//  |  option type  | length / 8    |   option value …
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { etherTypes } from './ethernet.ts';
import { allNodes, isMulticastIp, isSolicitedNodeGroup, multicastMac, solicitedNodeGroup } from './ipv6-multicast.ts';
import { decodeNdpHeaders, encodeNdpHeaders, unspecified, type NdpHeaders } from './ndp-frame.ts';
import { decodeOptions, encodeOptions, lengthOfOptions, linkLayerAddress, type NdpOption } from './ndp-option.ts';

export const ndpTypes = { solicitation: 135, advertisement: 136 } as const;

export interface NeighbourSolicitation {
  readonly kind: 'solicitation';
  readonly target: Ip;
  readonly options: readonly NdpOption[];
}

export interface NeighbourAdvertisement {
  readonly kind: 'advertisement';
  readonly router: boolean;
  /** It answers a solicitation. */
  readonly solicited: boolean;
  /** It replaces what is known. */
  readonly override: boolean;
  readonly target: Ip;
  readonly options: readonly NdpOption[];
}

export interface NdpFrame extends NdpHeaders {
  readonly message: NeighbourSolicitation | NeighbourAdvertisement;
}

const flags = { router: 0x8000_0000, solicited: 0x4000_0000, override: 0x2000_0000 } as const;
const fixedLength = 20;
const ipv6Bytes = 16;

/** Reads a whole frame, whatever its padding. Throws WireError. */
export function decodeNdpFrame(frame: Uint8Array): NdpFrame {
  const { headers, type, body } = decodeNdpHeaders(frame);
  if (type !== ndpTypes.solicitation && type !== ndpTypes.advertisement) {
    throw new WireError('unsupported', `ICMPv6 type ${type} is no neighbour solicitation or advertisement`);
  }
  const word = body.u32();
  const target = ipFromBytes(body.bytes(ipv6Bytes));
  const options = decodeOptions(body);
  const message =
    type === ndpTypes.solicitation
      ? ({ kind: 'solicitation', target, options } as const)
      : ({ kind: 'advertisement', ...flagsOf(word), target, options } as const);
  const decoded = { ...headers, message };
  const defect = defectOf(decoded);
  if (defect !== undefined) throw new WireError('malformed', defect);
  return decoded;
}

/** The whole frame, padded to its least length. */
export function encodeNdpFrame({ message, ...headers }: NdpFrame): Uint8Array {
  const writer = new ByteWriter(fixedLength + lengthOfOptions(message.options))
    .u32(message.kind === 'solicitation' ? 0 : flagsWord(message))
    .bytes(ipToBytes(message.target));
  encodeOptions(writer, message.options);
  return encodeNdpHeaders(headers, ndpTypes[message.kind], writer.finish());
}

/** What §7.1.1 and §7.1.2 have a node discard beyond lengths and checksum. */
function defectOf({ source, destination, message }: NdpFrame): string | undefined {
  if (isMulticastIp(message.target)) return `multicast target ${message.target}`;
  if (message.kind === 'advertisement') {
    return isMulticastIp(destination) && message.solicited ? 'solicited, but sent to a group' : undefined;
  }
  if (source !== unspecified) return undefined;
  if (!isSolicitedNodeGroup(destination)) return `solicitation from :: to ${destination}`;
  return linkLayerAddress(message, 'sourceLinkLayerAddress') === undefined ? undefined : 'link-layer address of ::';
}

function flagsOf(word: number): Pick<NeighbourAdvertisement, keyof typeof flags> {
  const has = (flag: number): boolean => (word & flag) !== 0;
  return { router: has(flags.router), solicited: has(flags.solicited), override: has(flags.override) };
}

function flagsWord({ router, solicited, override }: NeighbourAdvertisement): number {
  return (router ? flags.router : 0) + (solicited ? flags.solicited : 0) + (override ? flags.override : 0);
}

/** One who asks, from an address of its own. */
export interface Station {
  readonly mac: Mac;
  readonly ip: Ip;
}

/** What the answer to a solicitation depends on. */
export interface AskedTarget {
  readonly mac: Mac;
  /** Undefined: it was asked from `::`. */
  readonly ip: Ip | undefined;
  readonly target: Ip;
}

/**
 * `mac` has the address that was asked for. Who asks from `::` has no address to be answered at: all nodes hear that the address is taken
 * (§7.2.4).
 */
export function ndpAnswer(mac: Mac, { mac: asker, ip, target }: AskedTarget): NdpFrame {
  if (ip === undefined) return ndpAnnouncement(mac, target);
  return advertisement(mac, target, { destination: asker, to: ip, solicited: true });
}

/** "`mac` has `ip`", unasked (§7.2.6). */
export function ndpAnnouncement(mac: Mac, ip: Ip): NdpFrame {
  return advertisement(mac, ip, { destination: multicastMac(allNodes), to: allNodes, solicited: false });
}

/** "Has anybody `ip`?", asked by one who does not have it yet (RFC 4862 §5.4.2). */
export function ndpProbe(mac: Mac, ip: Ip): NdpFrame {
  const group = solicitedNodeGroup(ip);
  return {
    ethernet: { destination: multicastMac(group), source: mac, etherType: etherTypes.ipv6 },
    source: unspecified,
    destination: group,
    message: { kind: 'solicitation', target: ip, options: [] },
  };
}

/** "Who has `target`?", asked of one station (§7.3.1) or, without its MAC, of the target's group. */
export function ndpQuestion(asker: Station, target: Ip, at: Mac | undefined): NdpFrame {
  const destination = at === undefined ? solicitedNodeGroup(target) : target;
  return {
    ethernet: { destination: at ?? multicastMac(destination), source: asker.mac, etherType: etherTypes.ipv6 },
    source: asker.ip,
    destination,
    message: { kind: 'solicitation', target, options: [{ kind: 'sourceLinkLayerAddress', mac: asker.mac }] },
  };
}

/** From the address itself: some stacks believe no other. Override, because who sends it has the address and is no proxy. */
function advertisement(
  mac: Mac,
  ip: Ip,
  { destination, to, solicited }: { readonly destination: Mac; readonly to: Ip; readonly solicited: boolean },
): NdpFrame {
  return {
    ethernet: { destination, source: mac, etherType: etherTypes.ipv6 },
    source: ip,
    destination: to,
    message: {
      kind: 'advertisement',
      router: false,
      solicited,
      override: true,
      target: ip,
      options: [{ kind: 'targetLinkLayerAddress', mac }],
    },
  };
}
