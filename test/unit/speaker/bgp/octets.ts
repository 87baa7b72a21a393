// Octets for tests of codecs: from hexadecimal text, with spaces where they help.
import type { Ip } from '#shared/net/ip.ts';
import { decodeMessage, type MessageContext, type Received } from '#speaker/bgp/codec.ts';
import { MessageSplitter } from '#speaker/bgp/message-splitter.ts';
import { encodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
}

export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** `198.51.100.0/24`. */
export function prefix(text: string): EncodedPrefix {
  const [ip = '', bits = ''] = text.split('/');
  return encodePrefix({ ip: ip as Ip, prefixBits: Number(bits) });
}

/** Everything negotiated. */
export const external: MessageContext = {
  fourOctetAs: true,
  internal: false,
  families: ['IPv4', 'IPv6'],
  extendedNextHop: true,
  enhancedRouteRefresh: true,
};
export const internal: MessageContext = { ...external, internal: true };

/** Cuts and decodes exactly one message. */
export function decodeWhole(octets: Uint8Array, context: MessageContext = external): Received {
  const { frames, error } = new MessageSplitter({ extended: true }).push(octets);
  if (error !== undefined) throw error;
  const [frame, ...others] = frames;
  if (frame === undefined || others.length > 0) throw new Error(`${frames.length} messages instead of one`);
  return decodeMessage(frame, context);
}
