// One try with one router: a node of its own, prefixes that nobody else has, and what the router holds of them.
import type { Family } from '#shared/net/ip.ts';
import type { RouteTable } from '#speaker/bgp/route-table.ts';
import type { BgpSessions } from '#speaker/bgp/sessions.ts';
import { eventually } from '#test/lab/eventually.ts';
import type { HeldRoute, Router, RouterSession } from '#test/lab/routers/router.ts';
import { patience, startNode, towardsRouter, type NodeAddress, type PeerWishes } from './bgp-node.ts';

export class Stand {
  readonly router: Router;
  readonly namespace: string;
  readonly number: number;
  readonly node: NodeAddress;
  readonly #endings: (() => unknown)[] = [];

  constructor(router: Router, namespace: string, number: number, node: NodeAddress) {
    this.router = router;
    this.namespace = namespace;
    this.number = number;
    this.node = node;
  }

  /** Of this cell alone; host routes. */
  prefixes(count: number, family: Family = 'IPv4'): string {
    const each =
      family === 'IPv4'
        ? (at: number) => `10.${this.number}.${at >> 8}.${at & 255}/32`
        : (at: number) => `2001:db8:${this.number}::${(at + 1).toString(16)}/128`;
    return Array.from({ length: count }, (_, at) => each(at)).join(' ');
  }

  /** Begins to speak, and ends with the test. */
  speak(wishes: PeerWishes = {}, table?: RouteTable, mode: 'on' | 'off' = 'off'): BgpSessions {
    const sessions = startNode(this.node, towardsRouter(this.node, wishes), table, mode);
    this.atEnd(() => sessions.stop('the test is over'));
    return sessions;
  }

  atEnd(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.toReversed()) await ending();
  }

  /** What the router holds of this cell. */
  async held(family: Family = 'IPv4'): Promise<readonly HeldRoute[]> {
    const mine = family === 'IPv4' ? `10.${this.number}.` : `2001:db8:${this.number}::`;
    return (await this.router.rib(family)).filter(({ prefix }) => prefix.startsWith(mine));
  }

  /** These and no others, from this very node. */
  async holds(expected: string, nextHop: string = this.node.ipv4): Promise<void> {
    const wanted = expected.split(' ').filter(Boolean).toSorted().join(' ');
    const family: Family = expected.includes(':') ? 'IPv6' : 'IPv4';
    await eventually(async () => {
      const held = await this.held(family);
      const seen = held.map(({ prefix }) => prefix).join(' ');
      if (seen !== wanted) throw new Error(`${this.router.name} holds ${seen.slice(0, 200)}`);
      const elsewhere = held.find((route) => route.nextHop !== nextHop);
      if (elsewhere !== undefined) throw new Error(`${elsewhere.prefix} is at ${elsewhere.nextHop}`);
      return true;
    }, patience);
  }

  async holdsNothing(family: Family = 'IPv4'): Promise<void> {
    await eventually(async () => (await this.held(family)).length === 0, { ...patience, what: 'An empty RIB' });
  }

  /** The router's own view; undefined while it knows nobody there. */
  async session(address: string = this.node.ipv4): Promise<RouterSession | undefined> {
    return (await this.router.sessions()).find((session) => session.address === address);
  }
}
