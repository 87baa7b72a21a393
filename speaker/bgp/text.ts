// Short texts inside messages: a length octet and UTF-8.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';

/** The longest beginning of whole characters that takes no more than this many octets of UTF-8. */
export function encodeText(text: string, mostOctets: number): Uint8Array {
  const octets = new Uint8Array(mostOctets);
  // TextEncoder writes whole characters only.
  return octets.subarray(0, new TextEncoder().encodeInto(text, octets).written);
}

/** Fit for a log line: what is no UTF-8 becomes U+FFFD, control characters and line ends a space. */
export function decodeText(octets: Uint8Array): string {
  return new TextDecoder().decode(octets).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

export function readText(reader: ByteReader): string {
  return decodeText(reader.bytes(reader.u8()));
}

export function writeText(writer: ByteWriter, text: string, mostOctets: number): void {
  const octets = encodeText(text, mostOctets);
  writer.u8(octets.length).bytes(octets);
}
