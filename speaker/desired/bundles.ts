// Bundles: Services and addresses connected by dual-stack or by sharing. All addresses of a bundle are placed by the same key, its lowest
// address, so that both families of a Service normally have one owner.
import { compareIps, type Ip } from '#shared/net/ip.ts';

/** `groups`: the addresses of each Service. Gives the placement key of every address in them (disjoint sets, joined by the lowest). */
export function placementKeys(groups: Iterable<readonly Ip[]>): ReadonlyMap<Ip, Ip> {
  const lower = new Map<Ip, Ip>();
  for (const [first, ...others] of groups) {
    if (first === undefined) continue;
    let lowest = root(lower, first);
    for (const other of others) lowest = join(lower, lowest, root(lower, other));
  }
  return new Map([...lower.keys()].map((ip) => [ip, root(lower, ip)]));
}

/** The lowest address known to be in the same bundle; what was passed on the way points there afterwards. */
function root(lower: Map<Ip, Ip>, ip: Ip): Ip {
  let top = ip;
  for (let next = lower.get(top); next !== undefined && next !== top; next = lower.get(top)) top = next;
  for (let passed = ip; passed !== top;) {
    const next = lower.get(passed) ?? top;
    lower.set(passed, top);
    passed = next;
  }
  lower.set(top, top);
  return top;
}

function join(lower: Map<Ip, Ip>, a: Ip, b: Ip): Ip {
  const [low, high] = compareIps(a, b) <= 0 ? [a, b] : [b, a];
  lower.set(high, low);
  return low;
}
