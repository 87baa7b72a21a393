// BFD control packet (RFC 5880 §4.1).
//
//  +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
//  |vers |diagnost.|sta|P|F|C|A|D|M|  detect mult  |    length     |
//  +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
//  |                       My Discriminator                        |
//  |                      Your Discriminator                       |
//  |              Desired Min TX Interval, microseconds            |
//  |              Required Min RX Interval, microseconds           |
//  |           Required Min Echo RX Interval, microseconds         |
//  +---------------------------------------------------------------+
//  |         authentication section, if A (RFC 5880 §4.2)          |
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';

export type BfdState = (typeof states)[number];

export interface ControlPacket {
  /** Why the sender's session went down last: one of `diagnostics`, or any other of five bits that came from the wire. */
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  /** The sender's BFD outlives its control plane. */
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  readonly detectMultiplier: number;
  readonly myDiscriminator: number;
  /** 0: the sender does not know it. */
  readonly yourDiscriminator: number;
  readonly desiredMinTxUs: number;
  /** 0: the sender wants no periodic packets. */
  readonly requiredMinRxUs: number;
  readonly requiredMinEchoRxUs: number;
  /** As it came: we have no keys. */
  readonly authentication: Uint8Array | undefined;
}

/** In the order of their numbers. */
const states = ['adminDown', 'down', 'init', 'up'] as const;

export const diagnostics = {
  none: 0,
  detectionTimeExpired: 1,
  neighborSignalledDown: 3,
  administrativelyDown: 7,
} as const;

const version = 1;
const plainOctets = 24;
/** With the type and length of an authentication section. */
const leastAuthenticatedOctets = 26;

const flags = {
  poll: 0x20,
  final: 0x10,
  controlPlaneIndependent: 0x08,
  authentication: 0x04,
  demand: 0x02,
  multipoint: 0x01,
};

export function encodeControlPacket(packet: ControlPacket): Uint8Array {
  const authentication = packet.authentication ?? new Uint8Array(0);
  const length = plainOctets + authentication.length;
  return new ByteWriter(length)
    .u8((version << 5) | packet.diagnostic)
    .u8((states.indexOf(packet.state) << 6) | flagsOf(packet))
    .u8(packet.detectMultiplier)
    .u8(length)
    .u32(packet.myDiscriminator)
    .u32(packet.yourDiscriminator)
    .u32(packet.desiredMinTxUs)
    .u32(packet.requiredMinRxUs)
    .u32(packet.requiredMinEchoRxUs)
    .bytes(authentication)
    .finish();
}

function flagsOf({ poll, final, controlPlaneIndependent, demand, authentication }: ControlPacket): number {
  return (
    (poll ? flags.poll : 0) |
    (final ? flags.final : 0) |
    (controlPlaneIndependent ? flags.controlPlaneIndependent : 0) |
    (authentication === undefined ? 0 : flags.authentication) |
    (demand ? flags.demand : 0)
  );
}

/**
 * The checks of RFC 5880 §6.8.6 that need no session, in their order. Octets beyond the length that the packet tells of itself are ignored.
 * Throws WireError.
 */
export function decodeControlPacket(payload: Uint8Array): ControlPacket {
  const reader = new ByteReader(payload);
  const first = reader.u8();
  must(first >> 5 === version, 'unsupported', `version ${first >> 5} instead of ${version}`);
  const second = reader.u8();
  const has = (flag: keyof typeof flags): boolean => (second & flags[flag]) !== 0;
  const detectMultiplier = reader.u8();
  const length = reader.u8();
  const least = has('authentication') ? leastAuthenticatedOctets : plainOctets;
  must(length >= least, 'malformed', `length ${length}, which is below ${least}`);
  must(length <= payload.length, 'truncated', `length ${length}, and ${payload.length} octets have come`);
  must(detectMultiplier > 0, 'malformed', 'detect multiplier 0');
  must(!has('multipoint'), 'unsupported', 'multipoint');
  const [myDiscriminator, yourDiscriminator] = [reader.u32(), reader.u32()];
  must(myDiscriminator > 0, 'malformed', 'My Discriminator 0');
  const state = states[second >> 6] ?? 'down';
  const isNewcomers = state === 'down' || state === 'adminDown';
  must(yourDiscriminator > 0 || isNewcomers, 'malformed', `Your Discriminator 0 in ${state}`);
  return {
    diagnostic: first & 0x1f,
    state,
    poll: has('poll'),
    final: has('final'),
    controlPlaneIndependent: has('controlPlaneIndependent'),
    demand: has('demand'),
    detectMultiplier,
    myDiscriminator,
    yourDiscriminator,
    desiredMinTxUs: reader.u32(),
    requiredMinRxUs: reader.u32(),
    requiredMinEchoRxUs: reader.u32(),
    authentication: has('authentication') ? reader.bytes(length - plainOctets).slice() : undefined,
  };
}

function must(holds: boolean, code: WireError['code'], message: string): asserts holds {
  if (!holds) throw new WireError(code, message);
}
