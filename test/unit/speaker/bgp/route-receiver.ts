// A peer as Adj-RIB-Out sees it: decodes what it is sent and keeps the routes.
import type { Family } from '#shared/net/ip.ts';
import type { Attribute } from '#speaker/bgp/attribute.ts';
import type { MessageContext } from '#speaker/bgp/codec.ts';
import { families, familyOfAfiSafi } from '#speaker/bgp/family.ts';
import { decodeNlri, decodePrefix, type EncodedPrefix, type Nlri } from '#speaker/bgp/nlri.ts';
import { endOfRibFamily } from '#speaker/bgp/update.ts';
import { decodeWhole, external, toHex } from './octets.ts';

/** What the receiver was sent: `+198.51.100.0/24`, `-…`, `end IPv4`, `begin refresh IPv4`. Put into words when they are asked for. */
type Told = () => string;

export class RouteReceiver {
  readonly #context: MessageContext;
  /** Prefix to what it was announced with. */
  readonly held: Readonly<Record<Family, Map<EncodedPrefix, string>>> = { IPv4: new Map(), IPv6: new Map() };
  readonly #told: Told[] = [];
  /** Announcements and withdrawals that changed nothing. */
  readonly redundant: string[] = [];
  messages = 0;
  octets = 0;

  constructor(context: MessageContext = external) {
    this.#context = context;
  }

  receive(octets: Uint8Array): void {
    this.messages++;
    this.octets += octets.length;
    const received = decodeWhole(octets, this.#context);
    if (received.kind === 'routeRefresh') {
      this.#told.push(() => `${received.subtype === 1 ? 'begin' : 'end'} refresh ${familyOfAfiSafi(received)}`);
      // Everything must be told anew between the marks.
      const family = familyOfAfiSafi(received);
      if (received.subtype === 1 && family !== undefined)
        for (const prefix of this.held[family].keys()) this.held[family].set(prefix, '');
      return;
    }
    if (received.kind !== 'update') throw new Error(`a ${received.kind} where routes were expected`);
    const { message, errors } = received.outcome;
    if (errors.length > 0) throw errors[0];
    const end = endOfRibFamily(message);
    if (end !== undefined) this.#told.push(() => `end ${familyOfAfiSafi(end)}`);
    this.#withdraw('IPv4', message.withdrawn);
    const others = message.attributes.filter(({ kind }) => kind !== 'mpReach');
    for (const attribute of message.attributes) {
      if (attribute.kind === 'mpUnreach') this.#withdraw(familyOf(attribute), attribute.withdrawn);
      if (attribute.kind === 'mpReach')
        this.#announce(familyOf(attribute), attribute.nlri, [{ ...attribute, nlri: new Uint8Array(0) }, ...others]);
    }
    this.#announce('IPv4', message.nlri, others);
  }

  #announce(family: Family, nlri: Nlri, attributes: readonly Attribute[]): void {
    const meaning = attributes.map(attributeInWords).join(' ');
    for (const prefix of decodeNlri(family, nlri)) {
      if (this.held[family].get(prefix) === meaning) this.redundant.push(`+${inWords(family, prefix)}`);
      this.held[family].set(prefix, meaning);
      this.#told.push(() => `+${inWords(family, prefix)}`);
    }
  }

  #withdraw(family: Family, nlri: Nlri): void {
    for (const prefix of decodeNlri(family, nlri)) {
      if (!this.held[family].delete(prefix)) this.redundant.push(`-${inWords(family, prefix)}`);
      this.#told.push(() => `-${inWords(family, prefix)}`);
    }
  }

  /** What came since the last call. */
  news(): readonly string[] {
    return this.#told.splice(0).map((told) => told());
  }

  /** `198.51.100.0/24` with its attributes. */
  get table(): Readonly<Record<string, string>> {
    const routes = families.flatMap((family) =>
      [...this.held[family]].map(([prefix, meaning]) => [inWords(family, prefix), meaning] as const),
    );
    return Object.fromEntries(routes.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function familyOf(attribute: Attribute & { readonly kind: 'mpReach' | 'mpUnreach' }): Family {
  const family = familyOfAfiSafi(attribute);
  if (family === undefined) throw new Error('a family that was not negotiated');
  return family;
}

export function inWords(family: Family, prefix: EncodedPrefix): string {
  const { ip, prefixBits } = decodePrefix(family, prefix);
  return `${ip}/${prefixBits}`;
}

function attributeInWords(attribute: Attribute): string {
  switch (attribute.kind) {
    case 'asPath':
      return `path ${attribute.path.flatMap(({ asns }) => asns).join(' ')}`;
    case 'nextHop':
      return `via ${attribute.ip}`;
    case 'mpReach':
      return `via ${toHex(attribute.nextHop)}`;
    case 'multiExitDisc':
      return `med ${attribute.value}`;
    case 'localPref':
      return `pref ${attribute.value}`;
    case 'communities':
      return `communities ${attribute.communities.join(' ')}`;
    default:
      return attribute.kind;
  }
}
