// Path attributes (RFC 4271 §4.3) as a list: flags, type, a length of one or two octets, value. Each ends as accepted, discarded, or as an
// error of the whole UPDATE (RFC 7606 §2, §3).
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import {
  attributeCodecs,
  flagBits,
  type AttributeCodec,
  type AttributeContext,
  type KnownAttribute,
} from './attribute-table.ts';
import { BgpError, type Consequence } from './bgp-error.ts';
import { errorCodes, updateErrors } from './error-codes.ts';
import { notification } from './notification.ts';

export type Attribute = KnownAttribute | UnknownAttribute;

/** Not interpreted. */
interface UnknownAttribute {
  readonly kind: 'unknown';
  readonly flags: number;
  readonly code: number;
  readonly value: Uint8Array;
}

export interface DecodedAttributes {
  /** Those that are right, in their order. */
  readonly attributes: readonly Attribute[];
  /** What was wrong with the others. None of them costs the session by itself. */
  readonly errors: readonly BgpError[];
}

interface RawAttribute {
  readonly flags: number;
  readonly code: number;
  readonly value: Uint8Array;
  /** Flags, type, length and value: the data of a NOTIFICATION about it. */
  readonly octets: Uint8Array;
}

const codecOf = new Map(
  Object.values(attributeCodecs).map((codec) => [codec.code, codec as AttributeCodec<KnownAttribute>]),
);
const kindMask = flagBits.optional | flagBits.transitive;
const multiprotocolCodes: ReadonlySet<number> = new Set([attributeCodecs.mpReach.code, attributeCodecs.mpUnreach.code]);
const longestShortValue = 255;

export function encodeAttribute(attribute: Attribute, context: AttributeContext): Uint8Array {
  const { flags, code, value } = withEncodedValue(attribute, context);
  return withHeader(flags, code, value);
}

/** The same on the wire, for what goes into many messages. */
export function withEncodedValue(attribute: Attribute, context: AttributeContext): UnknownAttribute {
  if (attribute.kind === 'unknown') return attribute;
  const codec = attributeCodecs[attribute.kind] as AttributeCodec<KnownAttribute>;
  return { kind: 'unknown', flags: codec.flags, code: codec.code, value: codec.encode(attribute, context) };
}

export function encodeAttributes(attributes: readonly Attribute[], context: AttributeContext): Uint8Array {
  const parts = attributes.map((attribute) => encodeAttribute(attribute, context));
  const writer = new ByteWriter(parts.reduce((sum, { length }) => sum + length, 0));
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}

/** Flags, type and length of an attribute. */
export function attributeHeaderOctets(valueOctets: number): number {
  return valueOctets > longestShortValue ? 4 : 3;
}

function withHeader(flags: number, code: number, value: Uint8Array): Uint8Array {
  const isLong = value.length > longestShortValue;
  const writer = new ByteWriter(attributeHeaderOctets(value.length) + value.length);
  writer.u8(isLong ? flags | flagBits.extendedLength : flags & ~flagBits.extendedLength).u8(code);
  return (isLong ? writer.u16(value.length) : writer.u8(value.length)).bytes(value).finish();
}

/** Throws BgpError when the session cannot go on. */
export function decodeAttributes(octets: Uint8Array, context: AttributeContext): DecodedAttributes {
  const attributes: Attribute[] = [];
  const errors: BgpError[] = [];
  const seen = new Set<number>();
  const repeated = new Set<number>();
  for (let rest = octets; rest.length > 0;) {
    const raw = takeAttribute(rest);
    // Where this one ends nobody knows, so nor where the next one begins (RFC 7606 §4).
    if (raw === undefined) {
      errors.push(
        error(updateErrors.malformedAttributeList, rest, 'attributes overrun their field', 'treatAsWithdraw'),
      );
      break;
    }
    rest = rest.subarray(raw.octets.length);
    // Complained about once: a message has room for twenty thousand of them.
    if (repeated.has(raw.code)) continue;
    const decoded = seen.has(raw.code) ? duplicate(raw) : decodeAttribute(raw, context);
    (seen.has(raw.code) ? repeated : seen).add(raw.code);
    if (!(decoded instanceof BgpError)) attributes.push(decoded);
    else if (decoded.consequence === 'sessionReset') throw decoded;
    else errors.push(decoded);
  }
  return { attributes, errors };
}

/** The attribute at the front; undefined when it does not fit. */
function takeAttribute(octets: Uint8Array): RawAttribute | undefined {
  const reader = new ByteReader(octets);
  if (reader.remaining < 3) return undefined;
  const [flags, code] = [reader.u8(), reader.u8()];
  const isLong = (flags & flagBits.extendedLength) !== 0;
  if (isLong && reader.remaining < 2) return undefined;
  const length = isLong ? reader.u16() : reader.u8();
  if (length > reader.remaining) return undefined;
  const value = reader.bytes(length);
  return { flags, code, value, octets: octets.subarray(0, reader.offset) };
}

/** Of several the first counts, except those that carry routes: there no choice is right (RFC 7606 §3g). */
function duplicate({ code, octets }: RawAttribute): BgpError {
  const consequence = multiprotocolCodes.has(code) ? 'sessionReset' : 'attributeDiscard';
  return error(updateErrors.malformedAttributeList, octets, `attribute ${code} appears twice`, consequence);
}

function decodeAttribute(raw: RawAttribute, context: AttributeContext): Attribute | BgpError {
  const { flags, code, value, octets } = raw;
  const codec = codecOf.get(code);
  if (codec === undefined) return unknownAttribute(raw);
  if (isOutOfPlace(codec.only, context)) {
    return error(updateErrors.optionalAttribute, octets, `attribute ${code} does not belong here`, 'attributeDiscard');
  }
  if ((flags & kindMask) !== codec.flags) {
    // RFC 7606 asks for this subcode also where it asks for a reset with 3/9: there the attribute as a whole is what is wrong.
    const subcode = codec.flagsConsequence === 'sessionReset' ? codec.subcode : updateErrors.attributeFlags;
    return error(subcode, octets, `attribute ${code} with flags 0x${flags.toString(16)}`, codec.flagsConsequence);
  }
  try {
    return codec.decode(value, context);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    return error(codec.subcode, octets, `attribute ${code}: ${cause.message}`, codec.consequence);
  }
}

/** RFC 4271 §6.3 would end the session over a well-known one; nobody does any more. */
function unknownAttribute({ flags, code, value, octets }: RawAttribute): Attribute | BgpError {
  if ((flags & flagBits.optional) !== 0) return { kind: 'unknown', flags, code, value };
  return error(
    updateErrors.unrecognizedWellKnown,
    octets,
    `well-known attribute ${code} is unknown`,
    'treatAsWithdraw',
  );
}

function isOutOfPlace(
  only: 'internal' | 'twoOctetAs' | undefined,
  { internal, fourOctetAs }: AttributeContext,
): boolean {
  return (only === 'internal' && !internal) || (only === 'twoOctetAs' && fourOctetAs);
}

function error(subcode: number, data: Uint8Array, message: string, consequence: Consequence): BgpError {
  return new BgpError(notification(errorCodes.update, subcode, data), message, consequence);
}
