// Adj-RIB-Out played by hand against a receiver.
import { ipToBytes, type Family, type Ip } from '#shared/net/ip.ts';
import {
  initialAdjRibOut,
  stepAdjRibOut,
  type AdjRibOutEffect,
  type AdjRibOutEvent,
  type AdjRibOutState,
} from '#speaker/bgp/adj-rib-out.ts';
import type { EncodedPrefix } from '#speaker/bgp/nlri.ts';
import type { OutSession } from '#speaker/bgp/out-plan.ts';
import { plainAttributes, type RouteAttributes } from '#speaker/bgp/route-attributes.ts';
import { routeTable, type RouteTable } from '#speaker/bgp/route-table.ts';
import { prefix } from './octets.ts';
import { RouteReceiver } from './route-receiver.ts';

export const ipv4NextHop = ipToBytes('192.0.2.11' as Ip);
export const ipv6NextHop = ipToBytes('2001:db8:b::11' as Ip);

export const session: OutSession = {
  localAsn: 64_513,
  internal: false,
  fourOctetAs: true,
  families: new Map([
    ['IPv4', { form: 'classic', nextHop: ipv4NextHop }],
    ['IPv6', { form: 'multiprotocol', nextHop: ipv6NextHop }],
  ]),
  extendedMessage: false,
  enhancedRouteRefresh: false,
};
export const onlyIPv4: OutSession = {
  ...session,
  families: new Map([['IPv4', { form: 'classic', nextHop: ipv4NextHop }]]),
};

/** Groups as `[attributes, '198.51.100.0/24 2001:db8::/32']`. */
export function routes(...groups: readonly (readonly [Partial<RouteAttributes>, string])[]): RouteTable {
  return routeTable(
    groups.map(([attributes, text]) => {
      const texts = text.split(' ').filter((one) => one !== '');
      const of = (family: Family): readonly EncodedPrefix[] =>
        texts.filter((one) => one.includes(':') === (family === 'IPv6')).map(prefix);
      return { attributes: { ...plainAttributes, ...attributes }, prefixes: { IPv4: of('IPv4'), IPv6: of('IPv6') } };
    }),
  );
}

export class OutPlay {
  readonly receiver: RouteReceiver;
  readonly effects: AdjRibOutEffect[] = [];
  state: AdjRibOutState = initialAdjRibOut;

  constructor(receiver = new RouteReceiver()) {
    this.receiver = receiver;
  }

  /** Returns what the receiver was told by it, which must not be what it knew. */
  on(...events: readonly AdjRibOutEvent[]): readonly string[] {
    for (const event of events) {
      const { state, effects } = stepAdjRibOut(this.state, event);
      this.state = state;
      this.effects.push(...effects);
      for (const effect of effects) if (effect.kind === 'send') this.receiver.receive(effect.octets);
    }
    const [known] = this.receiver.redundant;
    if (known !== undefined) throw new Error(`the receiver knew of ${known}`);
    return this.receiver.news();
  }

  establish(octetsFree = 65_536, to = session): readonly string[] {
    return this.on({ kind: 'established', session: to, octetsFree });
  }

  want(table: RouteTable, complete = true): readonly string[] {
    return this.on({ kind: 'desired', routes: table, complete });
  }
}
