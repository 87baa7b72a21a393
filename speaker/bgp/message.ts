// The header of every BGP message (RFC 4271 §4.1, §6.1; lengths above 4,096 by RFC 8654).
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------------------------------------------------------+
//  |                    marker: 16 octets of 0xff                  |
//  +-------------------------------+---------------+---------------+
//  |            length             |     type      |   body …
//  +-------------------------------+---------------+
import assert from 'node:assert';
import { BgpError } from './bgp-error.ts';
import { errorCodes, headerErrors } from './error-codes.ts';
import { notification } from './notification.ts';

export const messageTypes = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

export type MessageKind = keyof typeof messageTypes;

export const headerOctets = 19;
export const maxMessageOctets = 4096;
/** Once Extended Message was offered; OPEN and KEEPALIVE stay within `maxMessageOctets` (RFC 8654 §4). */
export const maxExtendedMessageOctets = 65_535;

const markerOctets = 16;

const limits: readonly { readonly kind: MessageKind; readonly least: number; readonly most: number }[] = [
  { kind: 'open', least: 29, most: maxMessageOctets },
  { kind: 'update', least: 23, most: maxExtendedMessageOctets },
  { kind: 'notification', least: 21, most: maxExtendedMessageOctets },
  { kind: 'keepalive', least: headerOctets, most: headerOctets },
  { kind: 'routeRefresh', least: 23, most: maxExtendedMessageOctets },
];

/** A message with a right header and an unread body. */
export interface Frame {
  readonly kind: MessageKind;
  readonly body: Uint8Array;
}

/** The whole message. */
export function encodeFrame({ kind, body }: Frame): Uint8Array {
  const octets = new Uint8Array(headerOctets + body.length);
  writeHeader(octets, kind, octets.length);
  octets.set(body, headerOctets);
  return octets;
}

/** Writes the header of a message of `length` octets to the front of `octets`. */
export function writeHeader(octets: Uint8Array, kind: MessageKind, length: number): void {
  assert(length <= maxExtendedMessageOctets, 'the message is longer than its length field can say');
  octets.fill(0xff, 0, markerOctets);
  octets[16] = length >> 8;
  octets[17] = length & 0xff;
  octets[18] = messageTypes[kind];
}

/** Of a whole message of ours. */
export function kindOf(octets: Uint8Array): MessageKind | undefined {
  return limits.find(({ kind }) => messageTypes[kind] === octets[18])?.kind;
}

/** KEEPALIVE is a header and nothing else (RFC 4271 §4.4). */
export const keepalive: Uint8Array = encodeFrame({ kind: 'keepalive', body: new Uint8Array(0) });

/** Judges the header at the front of `octets`, of which there are at least 19. Throws BgpError. */
export function decodeHeader(
  octets: Uint8Array,
  mostOctets: number,
): { readonly kind: MessageKind; readonly length: number } {
  for (let index = 0; index < markerOctets; index++) {
    if (octets[index] !== 0xff) throw headerError('notSynchronized', 'the marker is not all ones');
  }
  const { 16: high = 0, 17: low = 0, 18: type = 0 } = octets;
  const length = high * 256 + low;
  const badLength = (): BgpError =>
    headerError('badLength', `a message of type ${type} and ${length} octets`, high, low);
  if (length < headerOctets || length > mostOctets) throw badLength();
  const limit = limits.find(({ kind }) => messageTypes[kind] === type);
  if (limit === undefined) throw headerError('badType', `message type ${type}`, type);
  if (length < limit.least || length > limit.most) throw badLength();
  return { kind: limit.kind, length };
}

function headerError(subcode: keyof typeof headerErrors, message: string, ...data: number[]): BgpError {
  return new BgpError(notification(errorCodes.header, headerErrors[subcode], Uint8Array.from(data)), message);
}
