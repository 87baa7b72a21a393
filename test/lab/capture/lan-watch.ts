// Counts on the LAN's bridge who sends, what speakers tell each other, and who says in ARP or NDP that an address is at which MAC: the truth about
// announcements, whatever status says.
import { lanNamespace } from '../network/lan.ts';
import { within } from '../network/namespace.ts';
import { run } from '../process/run.ts';
import { segmentPort } from '../programs/speaker.ts';

/** Somebody said in ARP, or in an advertisement of NDP from `address`, that `address` is at `mac`, this many times. */
export interface Claim {
  readonly address: string;
  readonly mac: string;
  readonly frames: number;
}

const table = 'watch';
const largestSet = 4096;

const ruleset = `
table bridge ${table}
delete table bridge ${table}
table bridge ${table} {
  set claims { type ipv4_addr . ether_addr; flags dynamic; size ${largestSet}; counter; }
  set claims6 { type ipv6_addr . ether_addr; flags dynamic; size ${largestSet}; counter; }
  set speakers { type ether_addr; flags dynamic; size ${largestSet}; counter; }
  set senders { type ether_addr; flags dynamic; size ${largestSet}; counter; }
  chain prerouting {
    type filter hook prerouting priority -300
    update @senders { ether saddr }
    udp dport ${segmentPort} update @speakers { ether saddr }
    ether type arp update @claims { arp saddr ip . arp saddr ether }
    icmpv6 type nd-neighbor-advert update @claims6 { ip6 saddr . ether saddr }
  }
}
`;

interface ListedElement {
  readonly elem: {
    readonly val: string | { readonly concat: readonly string[] };
    readonly counter: { packets: number };
  };
}

/** Starts to count, from nothing. */
export async function watchLan(): Promise<void> {
  await run(within(lanNamespace, ['nft', '-f', '-']), { input: ruleset });
}

/** What was said of one address since `watchLan`. */
export async function claimsOf(address: string): Promise<readonly Claim[]> {
  const claims = (await listSet(address.includes(':') ? 'claims6' : 'claims')).map(({ elem }) => {
    const [claimed = '', mac = ''] = typeof elem.val === 'string' ? [] : elem.val.concat;
    return { address: claimed, mac, frames: elem.counter.packets };
  });
  return claims.filter((claim) => claim.address === address);
}

/** How many frames of this sender have passed the bridge since `watchLan`. */
export function framesFrom(mac: string): Promise<number> {
  return countIn('senders', mac);
}

/** How many of them were for other speakers. */
export function segmentFramesFrom(mac: string): Promise<number> {
  return countIn('speakers', mac);
}

async function countIn(set: string, mac: string): Promise<number> {
  return (await listSet(set)).find(({ elem }) => elem.val === mac)?.elem.counter.packets ?? 0;
}

async function listSet(name: string): Promise<readonly ListedElement[]> {
  const listed = await run(within(lanNamespace, ['nft', '-j', 'list', 'set', 'bridge', table, name]));
  const { nftables } = JSON.parse(listed) as { nftables: readonly { set?: { elem?: readonly ListedElement[] } }[] };
  return nftables.find(({ set }) => set !== undefined)?.set?.elem ?? [];
}
