// NOTIFICATION (RFC 4271 §4.5), its texts for people (RFC 9003), and how a Hard Reset wraps another one (RFC 8538 §3.1). We read the last and
// never send it: it is for peers that were told that our routes outlive a NOTIFICATION.
//
//  +---------------+---------------+-------------------------------+
//  |  error code   |    subcode    |   data (variable)             |
//  +---------------+---------------+-------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { ceaseReasons, errorCodes, errorWords } from './error-codes.ts';
import { decodeText, encodeText } from './text.ts';

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

const mostTextOctets = 255;
const noData = new Uint8Array(0);

export function notification(code: number, subcode: number, data: Uint8Array = noData): NotificationMessage {
  return { kind: 'notification', code, subcode, data };
}

/** Cease with a text for the people on the other side; a long one is cut. Only shutdown and reset have a place for it. */
export function cease(reason: keyof typeof ceaseReasons, text = ''): NotificationMessage {
  const subcode = ceaseReasons[reason];
  if (text === '' || !carriesText(errorCodes.cease, subcode)) return notification(errorCodes.cease, subcode);
  const octets = encodeText(text, mostTextOctets);
  return notification(errorCodes.cease, subcode, Uint8Array.of(octets.length, ...octets));
}

export function encodeNotificationBody({ code, subcode, data }: NotificationMessage): Uint8Array {
  return new ByteWriter(2 + data.length).u8(code).u8(subcode).bytes(data).finish();
}

/** Whatever is in it: there is no answer to a bad NOTIFICATION (RFC 4271 §6.4). Throws WireError below two octets. */
export function decodeNotificationBody(body: Uint8Array): NotificationMessage {
  const reader = new ByteReader(body);
  return notification(reader.u8(), reader.u8(), reader.bytes(reader.remaining));
}

/** For people: `Cease/Administrative Shutdown "text"`. */
export function describeNotification({ code, subcode, data }: NotificationMessage): string {
  const name = errorWords(code, subcode);
  const [first, second] = data;
  if (isHardReset(code, subcode) && first !== undefined && second !== undefined) {
    // One level: a Hard Reset in a Hard Reset is nonsense, and none to follow.
    return `${name} (${errorWords(first, second)}${quotedText(first, second, data.subarray(2))})`;
  }
  return name + quotedText(code, subcode, data);
}

function isHardReset(code: number, subcode: number): boolean {
  return code === errorCodes.cease && subcode === ceaseReasons.hardReset;
}

function carriesText(code: number, subcode: number): boolean {
  return code === errorCodes.cease && (subcode === ceaseReasons.shutdown || subcode === ceaseReasons.reset);
}

/** Empty when there is none, or its length is not what it says. */
function quotedText(code: number, subcode: number, data: Uint8Array): string {
  const [length = 0] = data;
  if (!carriesText(code, subcode) || length === 0 || length > data.length - 1) return '';
  return ` "${decodeText(data.subarray(1, 1 + length))}"`;
}
