// OPEN (RFC 4271 §4.2), with the long form of its optional parameters (RFC 9072).
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------+-------------------------------+
//  |  version (4)  |     my autonomous system      |
//  +---------------+---------------+---------------+---------------+
//  |          hold time            |        BGP identifier
//  +-------------------------------+---------------+---------------+
//                                  | params length |  parameters: type, length, value
//  +-------------------------------+---------------+
//
// Long form: params length 255, then 255 where the first type would be, a length of two octets, and parameters with lengths of two octets.
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { BgpError, within } from './bgp-error.ts';
import { encodeCapability, findCapability, readCapabilities, type Capability } from './capability.ts';
import { errorCodes, openErrors } from './error-codes.ts';
import { notification } from './notification.ts';

export interface OpenMessage {
  readonly kind: 'open';
  /** The two-octet field, AS_TRANS where the true one has no room. */
  readonly myAs: number;
  readonly holdTimeSeconds: number;
  /** As an unsigned number. */
  readonly bgpIdentifier: number;
  /** Those of all parameters, in order. */
  readonly capabilities: readonly Capability[];
}

export const bgpVersion = 4;
/** Stands for an AS number that needs four octets where two are all there is (RFC 6793 §9). */
export const asTrans = 23_456;

const capabilitiesParameter = 2;
const longForm = 255;
const mostShortOctets = 255;
const fixedOctets = 10;

/** The peer's true AS number. */
export function asnOf({ myAs, capabilities }: Pick<OpenMessage, 'myAs' | 'capabilities'>): number {
  return findCapability(capabilities, 'fourOctetAs')?.asn ?? myAs;
}

/** An AS number as a two-octet speaker sees it. */
export function twoOctetAs(asn: number): number {
  return asn > 0xffff ? asTrans : asn;
}

/** All capabilities in one parameter; in the long form only where they have no room in the short one. */
export function encodeOpenBody(open: OpenMessage): Uint8Array {
  const capabilities = open.capabilities.map(encodeCapability);
  const length = capabilities.reduce((sum, { length: octets }) => sum + octets, 0);
  const writer = new ByteWriter(fixedOctets + 6 + length)
    .u8(bgpVersion)
    .u16(open.myAs)
    .u16(open.holdTimeSeconds)
    .u32(open.bgpIdentifier);
  if (length === 0) return writer.u8(0).finish();
  if (length + 2 <= mostShortOctets)
    writer
      .u8(length + 2)
      .u8(capabilitiesParameter)
      .u8(length);
  else
    writer
      .u8(longForm)
      .u8(longForm)
      .u16(length + 3)
      .u8(capabilitiesParameter)
      .u16(length);
  for (const capability of capabilities) writer.bytes(capability);
  return writer.finish();
}

/** Judges the form only; what it says is judged by `negotiate`. Throws BgpError. */
export function decodeOpenBody(body: Uint8Array): OpenMessage {
  return within(errorCodes.open, openErrors.unspecific, () => {
    const reader = new ByteReader(body);
    const version = reader.u8();
    if (version !== bgpVersion) {
      const supported = notification(errorCodes.open, openErrors.unsupportedVersion, Uint8Array.of(0, bgpVersion));
      throw new BgpError(supported, `BGP version ${version}`, 'sessionReset', 'unsupported');
    }
    const fixed = { myAs: reader.u16(), holdTimeSeconds: reader.u16(), bgpIdentifier: reader.u32() };
    return { kind: 'open', ...fixed, capabilities: readParameters(reader) };
  });
}

/** The first parameter's type tells the form; the length before it does not (RFC 9072 §2). */
function readParameters(reader: ByteReader): readonly Capability[] {
  const shortLength = reader.u8();
  const octets = reader.bytes(reader.remaining);
  const isLong = shortLength > 0 && octets[0] === longForm;
  const parameters = new ByteReader(octets);
  if (isLong) parameters.skip(1);
  const length = isLong ? parameters.u16() : shortLength;
  if (parameters.remaining !== length) {
    throw new WireError('malformed', `${parameters.remaining} octets of parameters where ${length} were announced`);
  }
  const capabilities: Capability[] = [];
  while (parameters.remaining > 0) {
    const type = parameters.u8();
    const value = parameters.bytes(isLong ? parameters.u16() : parameters.u8());
    if (type !== capabilitiesParameter) {
      const answer = notification(errorCodes.open, openErrors.unsupportedParameter);
      throw new BgpError(answer, `optional parameter ${type}`, 'sessionReset', 'unsupported');
    }
    capabilities.push(...readCapabilities(new ByteReader(value)));
  }
  return capabilities;
}
