// The path attributes that we know: one table drives decoding, judging and encoding. What malformed ones cost is RFC 7606 §7's.
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { decodeAsPath, encodeAsPath, type AsPath } from './as-path.ts';
import type { Consequence } from './bgp-error.ts';
import {
  decodeCommunities,
  decodeExtendedCommunities,
  decodeLargeCommunities,
  encodeCommunities,
  encodeExtendedCommunities,
  encodeLargeCommunities,
  items,
  type Community,
  type ExtendedCommunity,
  type LargeCommunity,
} from './community.ts';
import { updateErrors } from './error-codes.ts';
import {
  decodeMpReach,
  decodeMpUnreach,
  encodeMpReach,
  encodeMpUnreach,
  type MpReach,
  type MpUnreach,
} from './multiprotocol.ts';

export type KnownAttribute =
  | { readonly kind: 'origin'; readonly origin: (typeof origins)[number] }
  | { readonly kind: 'asPath'; readonly path: AsPath }
  /** IPv4. */
  | { readonly kind: 'nextHop'; readonly ip: Ip }
  | { readonly kind: 'multiExitDisc'; readonly value: number }
  | { readonly kind: 'localPref'; readonly value: number }
  | { readonly kind: 'atomicAggregate' }
  | ({ readonly kind: 'aggregator' } & Aggregator)
  | { readonly kind: 'communities'; readonly communities: readonly Community[] }
  | { readonly kind: 'originatorId'; readonly bgpIdentifier: number }
  | { readonly kind: 'clusterList'; readonly clusterIds: readonly number[] }
  | MpReach
  | MpUnreach
  | { readonly kind: 'extendedCommunities'; readonly communities: readonly ExtendedCommunity[] }
  | { readonly kind: 'as4Path'; readonly path: AsPath }
  | ({ readonly kind: 'as4Aggregator' } & Aggregator)
  /** RFC 5701; 20 octets each. */
  | { readonly kind: 'ipv6ExtendedCommunities'; readonly communities: readonly Uint8Array[] }
  /** RFC 7311; its TLVs. */
  | { readonly kind: 'aigp'; readonly tlvs: Uint8Array }
  | { readonly kind: 'largeCommunities'; readonly communities: readonly LargeCommunity[] }
  /** RFC 9234 §5. */
  | { readonly kind: 'onlyToCustomer'; readonly asn: number };

interface Aggregator {
  readonly asn: number;
  /** IPv4. */
  readonly ip: Ip;
}

/** What the meaning of attributes depends on. */
export interface AttributeContext {
  /** Both sides offered AS numbers of four octets. */
  readonly fourOctetAs: boolean;
  /** The peer is of our own AS (iBGP). */
  readonly internal: boolean;
}

export interface AttributeCodec<Of> {
  readonly code: number;
  /** Optional and Transitive. */
  readonly flags: number;
  /** What a value that is none costs, and as which error. */
  readonly consequence: Consequence;
  readonly subcode: number;
  /** What wrong flags cost. */
  readonly flagsConsequence: Consequence;
  /** Where it does not belong it is discarded unread: on eBGP, from a four-octet speaker. */
  readonly only: 'internal' | 'twoOctetAs' | undefined;
  /** Throws WireError. */
  readonly decode: (value: Uint8Array, context: AttributeContext) => Of;
  readonly encode: (attribute: Of, context: AttributeContext) => Uint8Array;
}

export const flagBits = { optional: 0x80, transitive: 0x40, partial: 0x20, extendedLength: 0x10 } as const;

const wellKnown = flagBits.transitive;
const optional = flagBits.optional;
const optionalTransitive = flagBits.optional | flagBits.transitive;

const origins = ['igp', 'egp', 'incomplete'] as const;

const withdraws = { consequence: 'treatAsWithdraw', flagsConsequence: 'treatAsWithdraw', only: undefined } as const;
const discarded = { ...withdraws, consequence: 'attributeDiscard' } as const;
const internal = { ...withdraws, only: 'internal' } as const;
const transition = {
  consequence: 'attributeDiscard',
  flagsConsequence: 'attributeDiscard',
  only: 'twoOctetAs',
} as const;
const resets = { consequence: 'sessionReset', flagsConsequence: 'sessionReset', only: undefined } as const;

const { attributeLength, invalidOrigin, malformedAsPath, optionalAttribute } = updateErrors;

export const attributeCodecs: {
  readonly [Kind in KnownAttribute['kind']]: AttributeCodec<Extract<KnownAttribute, { kind: Kind }>>;
} = {
  origin: {
    code: 1,
    flags: wellKnown,
    ...withdraws,
    subcode: invalidOrigin,
    decode: (value) => {
      const origin = origins[exactly(value, 1).u8()];
      if (origin === undefined) throw new WireError('malformed', `ORIGIN ${value[0]}`);
      return { kind: 'origin', origin };
    },
    encode: ({ origin }) => Uint8Array.of(origins.indexOf(origin)),
  },
  asPath: {
    code: 2,
    flags: wellKnown,
    ...withdraws,
    subcode: malformedAsPath,
    decode: (value, { fourOctetAs }) => ({ kind: 'asPath', path: decodeAsPath(value, fourOctetAs) }),
    encode: ({ path }, { fourOctetAs }) => encodeAsPath(path, fourOctetAs),
  },
  nextHop: {
    code: 3,
    flags: wellKnown,
    ...withdraws,
    subcode: attributeLength,
    decode: (value) => ({ kind: 'nextHop', ip: ipFromBytes(exactly(value, 4).bytes(4)) }),
    encode: ({ ip }) => ipToBytes(ip),
  },
  multiExitDisc: {
    code: 4,
    flags: optional,
    ...withdraws,
    subcode: attributeLength,
    decode: (value) => ({ kind: 'multiExitDisc', value: exactly(value, 4).u32() }),
    encode: ({ value }) => number32(value),
  },
  localPref: {
    code: 5,
    flags: wellKnown,
    ...internal,
    subcode: attributeLength,
    decode: (value) => ({ kind: 'localPref', value: exactly(value, 4).u32() }),
    encode: ({ value }) => number32(value),
  },
  atomicAggregate: {
    code: 6,
    flags: wellKnown,
    ...discarded,
    subcode: attributeLength,
    decode: (value) => {
      exactly(value, 0);
      return { kind: 'atomicAggregate' };
    },
    encode: () => new Uint8Array(0),
  },
  aggregator: {
    code: 7,
    flags: optionalTransitive,
    ...discarded,
    subcode: attributeLength,
    decode: (value, { fourOctetAs }) => ({ kind: 'aggregator', ...decodeAggregator(value, fourOctetAs) }),
    encode: (attribute, { fourOctetAs }) => encodeAggregator(attribute, fourOctetAs),
  },
  communities: {
    code: 8,
    flags: optionalTransitive,
    ...withdraws,
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'communities', communities: decodeCommunities(value) }),
    encode: ({ communities }) => encodeCommunities(communities),
  },
  originatorId: {
    code: 9,
    flags: optional,
    ...internal,
    subcode: attributeLength,
    decode: (value) => ({ kind: 'originatorId', bgpIdentifier: exactly(value, 4).u32() }),
    encode: ({ bgpIdentifier }) => number32(bgpIdentifier),
  },
  clusterList: {
    code: 10,
    flags: optional,
    ...internal,
    subcode: attributeLength,
    decode: (value) => ({ kind: 'clusterList', clusterIds: items(value, 4, (reader) => reader.u32()) }),
    encode: ({ clusterIds }) => encodeCommunities(clusterIds),
  },
  mpReach: {
    code: 14,
    flags: optional,
    ...resets,
    subcode: optionalAttribute,
    decode: decodeMpReach,
    encode: encodeMpReach,
  },
  mpUnreach: {
    code: 15,
    flags: optional,
    ...resets,
    subcode: optionalAttribute,
    decode: decodeMpUnreach,
    encode: encodeMpUnreach,
  },
  extendedCommunities: {
    code: 16,
    flags: optionalTransitive,
    ...withdraws,
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'extendedCommunities', communities: decodeExtendedCommunities(value) }),
    encode: ({ communities }) => encodeExtendedCommunities(communities),
  },
  as4Path: {
    code: 17,
    flags: optionalTransitive,
    ...transition,
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'as4Path', path: decodeAsPath(value, true) }),
    encode: ({ path }) => encodeAsPath(path, true),
  },
  as4Aggregator: {
    code: 18,
    flags: optionalTransitive,
    ...transition,
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'as4Aggregator', ...decodeAggregator(value, true) }),
    encode: (attribute) => encodeAggregator(attribute, true),
  },
  ipv6ExtendedCommunities: {
    code: 25,
    flags: optionalTransitive,
    ...withdraws,
    subcode: optionalAttribute,
    decode: (value) => ({
      kind: 'ipv6ExtendedCommunities',
      communities: items(value, 20, (reader) => reader.bytes(20)),
    }),
    encode: ({ communities }) => {
      const writer = new ByteWriter(communities.length * 20);
      for (const community of communities) writer.bytes(community);
      return writer.finish();
    },
  },
  aigp: {
    code: 26,
    flags: optional,
    ...discarded,
    flagsConsequence: 'attributeDiscard',
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'aigp', tlvs: checkedTlvs(value) }),
    encode: ({ tlvs }) => tlvs,
  },
  largeCommunities: {
    code: 32,
    flags: optionalTransitive,
    ...withdraws,
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'largeCommunities', communities: decodeLargeCommunities(value) }),
    encode: ({ communities }) => encodeLargeCommunities(communities),
  },
  onlyToCustomer: {
    code: 35,
    flags: optionalTransitive,
    ...withdraws,
    subcode: optionalAttribute,
    decode: (value) => ({ kind: 'onlyToCustomer', asn: exactly(value, 4).u32() }),
    encode: ({ asn }) => number32(asn),
  },
};

function exactly(value: Uint8Array, octets: number): ByteReader {
  if (value.length !== octets) throw new WireError('malformed', `${value.length} octets instead of ${octets}`);
  return new ByteReader(value);
}

function number32(value: number): Uint8Array {
  return new ByteWriter(4).u32(value).finish();
}

/** RFC 7606 §7.7; AS 0 by RFC 7607 §2. */
function decodeAggregator(value: Uint8Array, fourOctetAs: boolean): Aggregator {
  const reader = exactly(value, fourOctetAs ? 8 : 6);
  const asn = fourOctetAs ? reader.u32() : reader.u16();
  if (asn === 0) throw new WireError('malformed', 'AS 0 in an aggregator');
  return { asn, ip: ipFromBytes(reader.bytes(4)) };
}

function encodeAggregator({ asn, ip }: Aggregator, fourOctetAs: boolean): Uint8Array {
  const writer = new ByteWriter(8);
  return (fourOctetAs ? writer.u32(asn) : writer.u16(asn)).bytes(ipToBytes(ip)).finish();
}

/** RFC 7311 §3: a type octet and a length of two octets that counts them all; type 1 is a metric of eight octets. */
function checkedTlvs(value: Uint8Array): Uint8Array {
  const reader = new ByteReader(value);
  while (reader.remaining > 0) {
    const [type, length] = [reader.u8(), reader.u16()];
    if (length < 3 || (type === 1 && length !== 11)) {
      throw new WireError('malformed', `an AIGP TLV of type ${type} and ${length} octets`);
    }
    reader.skip(length - 3);
  }
  return value;
}
