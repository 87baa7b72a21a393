// Fills UPDATEs with as many prefixes as they hold: reachable routes of one set of attributes and one family, or withdrawals of one family,
// never both in one message (RFC 7606 §5.1).
import type { Family } from '#shared/net/ip.ts';
import type { AttributeContext } from './attribute-table.ts';
import { withEncodedValue, type Attribute } from './attribute.ts';
import { encodeMessage } from './codec.ts';
import { unicast } from './family.ts';
import { maxExtendedMessageOctets, maxMessageOctets } from './message.ts';
import type { Form } from './next-hop.ts';
import { encodeNlri, noPrefixes, prefixOctets, type EncodedPrefix, type Nlri } from './nlri.ts';
import type { UpdateMessage } from './update.ts';

/** Everything in a message but its prefixes. */
export interface Envelope {
  readonly encode: (nlri: Nlri) => Uint8Array;
  /** Octets left for prefixes. */
  readonly roomOctets: number;
}

export interface Packed {
  readonly octets: Uint8Array;
  /** Index of the first prefix that had no room. */
  readonly end: number;
}

/** A length octet and a whole address. */
const longestPrefixOctets: Readonly<Record<Family, number>> = { IPv4: 5, IPv6: 17 };

/**
 * Undefined when the attributes leave no room for a prefix. They alone are reason for a message above 4,096 octets: those save one octet in a
 * hundred, and make a slow link's queue worse.
 */
export function announcementEnvelope(
  family: Family,
  reach: { readonly form: Form; readonly nextHop: Uint8Array },
  attributes: readonly Attribute[],
  peer: AttributeContext & { readonly extendedMessage: boolean },
): Envelope | undefined {
  const constant = attributes.map((attribute) => withEncodedValue(attribute, peer));
  const message = (nlri: Nlri): UpdateMessage =>
    reach.form === 'classic'
      ? { kind: 'update', withdrawn: noPrefixes, attributes: constant, nlri }
      : // First, so that a receiver finds it whatever is wrong behind it.
        classicless([{ kind: 'mpReach', ...unicast[family], nextHop: reach.nextHop, nlri }, ...constant]);
  for (const limit of peer.extendedMessage ? [maxMessageOctets, maxExtendedMessageOctets] : [maxMessageOctets]) {
    const made = envelope(message, reach.form, limit, peer);
    if (made.roomOctets >= longestPrefixOctets[family]) return made;
  }
  return undefined;
}

export function withdrawalEnvelope(family: Family, form: Form, context: AttributeContext): Envelope {
  const message = (nlri: Nlri): UpdateMessage =>
    form === 'classic'
      ? { kind: 'update', withdrawn: nlri, attributes: [], nlri: noPrefixes }
      : classicless([{ kind: 'mpUnreach', ...unicast[family], withdrawn: nlri }]);
  return envelope(message, form, maxMessageOctets, context);
}

/** The message with the prefixes from `start` on, which are ascending: as many as there is room for. */
export function pack({ encode, roomOctets }: Envelope, prefixes: readonly EncodedPrefix[], start: number): Packed {
  const even = evenNlri(prefixes, start, roomOctets);
  if (even !== undefined) return { octets: encode(even.nlri), end: even.end };
  let end = start;
  for (let left = roomOctets; end < prefixes.length; end++) {
    const prefix = prefixes[end];
    if (prefix === undefined || prefixOctets(prefix) > left) break;
    left -= prefixOctets(prefix);
  }
  return { octets: encode(encodeNlri(prefixes.slice(start, end))), end };
}

/** Without a look at each, for prefixes that are as long as the first; undefined: some are longer. */
function evenNlri(
  prefixes: readonly EncodedPrefix[],
  start: number,
  roomOctets: number,
): { readonly nlri: Nlri; readonly end: number } | undefined {
  const first = prefixes[start];
  if (first === undefined) return undefined;
  const octets = prefixOctets(first);
  const some = prefixes.slice(start, start + Math.floor(roomOctets / octets));
  const nlri = encodeNlri(some);
  return nlri.length === some.length * octets ? { nlri, end: start + some.length } : undefined;
}

function classicless(attributes: readonly Attribute[]): UpdateMessage {
  return { kind: 'update', withdrawn: noPrefixes, attributes, nlri: noPrefixes };
}

function envelope(
  message: (nlri: Nlri) => UpdateMessage,
  form: Form,
  mostOctets: number,
  context: AttributeContext,
): Envelope {
  const encode = (nlri: Nlri): Uint8Array => encodeMessage(message(nlri), context);
  // A full attribute needs a length of two octets where an empty one has one.
  const longLength = form === 'multiprotocol' ? 1 : 0;
  return { encode, roomOctets: mostOctets - encode(noPrefixes).length - longLength };
}
