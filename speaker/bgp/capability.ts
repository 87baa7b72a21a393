// Capabilities of OPEN (RFC 5492 §4): a code, a length octet and a value each. One table reads and writes them.
//
// A capability whose value has not the form that its RFC gives it counts as one that we do not know (RFC 5492 §3: ignored), and is kept as
// octets like those.
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import type { AfiSafi } from './family.ts';
import { readText, writeText } from './text.ts';

export type Capability =
  /** RFC 4760 §8. */
  | ({ readonly kind: 'multiprotocol' } & AfiSafi)
  /** RFC 2918. */
  | { readonly kind: 'routeRefresh' }
  /** RFC 8950 §4: which families may have next hops of another. */
  | { readonly kind: 'extendedNextHop'; readonly tuples: readonly (AfiSafi & { readonly nextHopAfi: number })[] }
  /** RFC 8654. */
  | { readonly kind: 'extendedMessage' }
  /** RFC 9234 §4.1. */
  | { readonly kind: 'role'; readonly role: number }
  | GracefulRestart
  /** RFC 6793. */
  | { readonly kind: 'fourOctetAs'; readonly asn: number }
  /** RFC 7911 §4; `mode` 1 receives, 2 sends, 3 both. */
  | { readonly kind: 'addPath'; readonly tuples: readonly (AfiSafi & { readonly mode: number })[] }
  /** RFC 7313. */
  | { readonly kind: 'enhancedRouteRefresh' }
  /** RFC 9494 §3.1. */
  | {
      readonly kind: 'longLivedGracefulRestart';
      readonly tuples: readonly (AfiSafi & { readonly forwarding: boolean; readonly staleTimeSeconds: number })[];
    }
  /** draft-walton-bgp-hostname-capability. */
  | { readonly kind: 'fqdn'; readonly hostName: string; readonly domainName: string }
  /** draft-abraitis-bgp-version-capability. */
  | { readonly kind: 'softwareVersion'; readonly version: string }
  /** draft-ietf-idr-linklocal-capability: next hops may be link-local addresses alone. */
  | { readonly kind: 'linkLocalNextHop' }
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

/** RFC 4724 §3, RFC 8538 §2. */
export interface GracefulRestart {
  readonly kind: 'gracefulRestart';
  /** R: this session follows a restart. */
  readonly restarting: boolean;
  /** N: a NOTIFICATION does not make routes go. */
  readonly notification: boolean;
  /** 12 bits. */
  readonly restartTimeSeconds: number;
  /** F: forwarding went on through the restart. */
  readonly tuples: readonly (AfiSafi & { readonly forwarding: boolean })[];
}

type Known = Exclude<Capability, { kind: 'unknown' }>;

interface CapabilityCodec<Of extends Known> {
  readonly code: number;
  /** Must take the whole value. */
  readonly read: (reader: ByteReader) => Of;
  readonly write: (writer: ByteWriter, capability: Of) => void;
}

const maxValueOctets = 255;
/** What people are shown of a name or version (RFC-less texts of other people's programs). */
const shownOctets = 64;

const restartingBit = 0x8000;
const notificationBit = 0x4000;
const restartTimeBits = 0x0fff;
const forwardingBit = 0x80;

const codecs: { readonly [Kind in Known['kind']]: CapabilityCodec<Extract<Known, { kind: Kind }>> } = {
  multiprotocol: {
    code: 1,
    read: (reader) => {
      const afi = reader.u16();
      reader.skip(1);
      return { kind: 'multiprotocol', afi, safi: reader.u8() };
    },
    write: (writer, { afi, safi }) => writer.u16(afi).u8(0).u8(safi),
  },
  routeRefresh: flag(2, 'routeRefresh'),
  extendedNextHop: {
    code: 5,
    read: (reader) => ({
      kind: 'extendedNextHop',
      tuples: tuples(reader, () => ({ afi: reader.u16(), safi: reader.u16(), nextHopAfi: reader.u16() })),
    }),
    write: (writer, capability) => {
      for (const { afi, safi, nextHopAfi } of capability.tuples) writer.u16(afi).u16(safi).u16(nextHopAfi);
    },
  },
  extendedMessage: flag(6, 'extendedMessage'),
  role: {
    code: 9,
    read: (reader) => ({ kind: 'role', role: reader.u8() }),
    write: (writer, { role }) => writer.u8(role),
  },
  gracefulRestart: {
    code: 64,
    read: (reader) => {
      const bits = reader.u16();
      return {
        kind: 'gracefulRestart',
        restarting: (bits & restartingBit) !== 0,
        notification: (bits & notificationBit) !== 0,
        restartTimeSeconds: bits & restartTimeBits,
        tuples: tuples(reader, () => ({ ...readAfiSafi(reader), forwarding: (reader.u8() & forwardingBit) !== 0 })),
      };
    },
    write: (writer, { restarting, notification, restartTimeSeconds, tuples: preserved }) => {
      writer.u16((restarting ? restartingBit : 0) | (notification ? notificationBit : 0) | restartTimeSeconds);
      for (const { afi, safi, forwarding } of preserved)
        writer
          .u16(afi)
          .u8(safi)
          .u8(forwarding ? forwardingBit : 0);
    },
  },
  fourOctetAs: {
    code: 65,
    read: (reader) => ({ kind: 'fourOctetAs', asn: reader.u32() }),
    write: (writer, { asn }) => writer.u32(asn),
  },
  addPath: {
    code: 69,
    read: (reader) => ({
      kind: 'addPath',
      tuples: tuples(reader, () => ({ ...readAfiSafi(reader), mode: reader.u8() })),
    }),
    write: (writer, capability) => {
      for (const { afi, safi, mode } of capability.tuples) writer.u16(afi).u8(safi).u8(mode);
    },
  },
  enhancedRouteRefresh: flag(70, 'enhancedRouteRefresh'),
  longLivedGracefulRestart: {
    code: 71,
    read: (reader) => ({
      kind: 'longLivedGracefulRestart',
      tuples: tuples(reader, () => ({
        ...readAfiSafi(reader),
        forwarding: (reader.u8() & forwardingBit) !== 0,
        staleTimeSeconds: reader.u8() * 0x1_0000 + reader.u16(),
      })),
    }),
    write: (writer, capability) => {
      for (const { afi, safi, forwarding, staleTimeSeconds } of capability.tuples) {
        writer
          .u16(afi)
          .u8(safi)
          .u8(forwarding ? forwardingBit : 0);
        writer.u8(staleTimeSeconds >> 16).u16(staleTimeSeconds & 0xffff);
      }
    },
  },
  fqdn: {
    code: 73,
    read: (reader) => ({ kind: 'fqdn', hostName: readText(reader), domainName: readText(reader) }),
    write: (writer, { hostName, domainName }) => {
      writeText(writer, hostName, shownOctets);
      writeText(writer, domainName, shownOctets);
    },
  },
  softwareVersion: {
    code: 75,
    read: (reader) => ({ kind: 'softwareVersion', version: readText(reader) }),
    write: (writer, { version }) => writeText(writer, version, shownOctets),
  },
  linkLocalNextHop: flag(77, 'linkLocalNextHop'),
};

const codecOf = new Map(Object.values(codecs).map((codec) => [codec.code, codec as CapabilityCodec<Known>]));

/** A capability that says all by being there. */
function flag<Kind extends Known['kind']>(code: number, kind: Kind) {
  return { code, read: () => ({ kind }), write: () => {} };
}

function tuples<Tuple>(reader: ByteReader, read: () => Tuple): readonly Tuple[] {
  const found: Tuple[] = [];
  while (reader.remaining > 0) found.push(read());
  return found;
}

function readAfiSafi(reader: ByteReader): AfiSafi {
  return { afi: reader.u16(), safi: reader.u8() };
}

export function capabilityCode(capability: Capability): number {
  return capability.kind === 'unknown' ? capability.code : codecs[capability.kind].code;
}

/** Reads as many as there are. Throws WireError when the last one ends beyond the reader. */
export function readCapabilities(reader: ByteReader): readonly Capability[] {
  return tuples(reader, () => decodeCapability(reader.u8(), reader.bytes(reader.u8())));
}

function decodeCapability(code: number, value: Uint8Array): Capability {
  const unknown: Capability = { kind: 'unknown', code, value };
  const codec = codecOf.get(code);
  if (codec === undefined) return unknown;
  const reader = new ByteReader(value);
  try {
    const capability = codec.read(reader);
    return reader.remaining === 0 ? capability : unknown;
  } catch (error) {
    if (error instanceof WireError) return unknown;
    throw error;
  }
}

/** Code, length and value. */
export function encodeCapability(capability: Capability): Uint8Array {
  const code = capabilityCode(capability);
  const value = new ByteWriter(maxValueOctets);
  if (capability.kind === 'unknown') value.bytes(capability.value);
  else codecOf.get(code)?.write(value, capability);
  return new ByteWriter(2 + value.length).u8(code).u8(value.length).bytes(value.finish()).finish();
}

/** The capability of this kind; of several the last counts (RFC 4724 §3, RFC 5492 §4). */
export function findCapability<Kind extends Capability['kind']>(
  capabilities: readonly Capability[],
  kind: Kind,
): Extract<Capability, { kind: Kind }> | undefined {
  return capabilities.findLast((one): one is Extract<Capability, { kind: Kind }> => one.kind === kind);
}
