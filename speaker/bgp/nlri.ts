// Prefixes in Network Layer Reachability Information (RFC 4271 §4.3): a length in bits, and as many octets as that needs.
import assert from 'node:assert';
import { bitsOf, ipFromBytes, ipToBytes, familyOf, type Family } from '#shared/net/ip.ts';
import type { Prefix } from '#shared/net/range.ts';
import { WireError } from '#shared/net/wire-error.ts';

/**
 * A prefix as it goes on the wire, an octet a character, host bits zero. Equal prefixes of one family are equal strings, so they can be
 * map keys; shorter prefixes come first, then lower addresses.
 */
export type EncodedPrefix = string & { readonly brand: 'EncodedPrefix' };

/** Prefixes one after the other. */
export type Nlri = Uint8Array;

export const noPrefixes: Nlri = new Uint8Array(0);

export function encodePrefix({ ip, prefixBits }: Prefix): EncodedPrefix {
  const family = familyOf(ip);
  assert(prefixBits <= bitsOf[family]);
  return fromAddress(ipToBytes(ip), prefixBits);
}

function fromAddress(address: Uint8Array, prefixBits: number): EncodedPrefix {
  const codes = [prefixBits];
  for (let index = 0, bits = prefixBits; bits > 0; index++, bits -= 8) {
    const octet = address[index] ?? 0;
    codes.push(bits < 8 ? octet & (0xff << (8 - bits)) : octet);
  }
  return String.fromCharCode(...codes) as EncodedPrefix;
}

export function decodePrefix(family: Family, prefix: EncodedPrefix): Prefix {
  const address = new Uint8Array(bitsOf[family] / 8);
  for (let index = 1; index < prefix.length; index++) address[index - 1] = prefix.charCodeAt(index);
  return { ip: ipFromBytes(address), prefixBits: prefix.charCodeAt(0) };
}

/** Octets that the prefix takes. */
export function prefixOctets(prefix: EncodedPrefix): number {
  return prefix.length;
}

/** By functions of the runtime's own, which need no warming up: routes are told first to a peer that has just come up. */
export function encodeNlri(prefixes: readonly EncodedPrefix[]): Nlri {
  return new Uint8Array(Buffer.from(prefixes.join(''), 'latin1'));
}

export interface NlriCount {
  /** Prefixes that could be routes. */
  readonly usable: number;
  /** Multicast and reserved ones (IPv4 class D and E), which are nobody's unicast route. */
  readonly ignored: number;
}

/** Judges octets of a peer without making anything of them: there may be a million. Throws WireError. */
export function countNlri(family: Family, nlri: Nlri): NlriCount {
  const mostBits = bitsOf[family];
  let [usable, ignored] = [0, 0];
  for (let offset = 0; offset < nlri.length;) {
    const bits = nlri[offset] ?? 0;
    if (bits > mostBits) throw new WireError('malformed', `a prefix of ${bits} bits in ${family}`);
    const end = offset + 1 + ((bits + 7) >> 3);
    if (end > nlri.length) throw new WireError('truncated', `a prefix of ${bits} bits ends beyond the message`);
    if (family === 'IPv4' && bits >= 3 && (nlri[offset + 1] ?? 0) >= firstMulticast) ignored++;
    else usable++;
    offset = end;
  }
  return { usable, ignored };
}

const firstMulticast = 224;

/** The prefixes of octets that `countNlri` has accepted; host bits are masked off. */
export function decodeNlri(family: Family, nlri: Nlri): readonly EncodedPrefix[] {
  const prefixes: EncodedPrefix[] = [];
  for (let offset = 0; offset < nlri.length;) {
    const bits = nlri[offset] ?? 0;
    assert(bits <= bitsOf[family]);
    const end = offset + 1 + ((bits + 7) >> 3);
    assert(end <= nlri.length);
    prefixes.push(fromAddress(nlri.subarray(offset + 1, end), bits));
    offset = end;
  }
  return prefixes;
}
