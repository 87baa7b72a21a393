// A router of the wild in the lab's place for one, and what BGP specs make and wait for.
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../lab.ts';
import { nodeAddresses, router as routerAddresses, type NodeNumber } from '../network/addresses.ts';
import { within } from '../network/namespace.ts';
import { routerNamespace } from '../network/router.ts';
import { Prober, type ProbeKind } from '../probe/prober.ts';
import { run } from '../process/run.ts';
import { namespace as ingotNamespace } from '../programs/speaker.ts';
import type { Neighbour, Router, RouterPlace } from '../routers/router.ts';
import { allocated } from '../services.ts';
import { bgpAdvertisement, echo, http, pool, service } from './objects.ts';

export const asns = { router: 64_512, node: 64_513 } as const;
/** Nowhere but behind the nodes. */
export const bgpAddresses = { ipv4: '198.51.100.0/24', ipv6: '2001:db8:c::/112' } as const;
export const patience = { withinMs: 20_000, everyMs: 50 };

type Spec = Readonly<Record<string, unknown>>;

/** All that come from the LAN are neighbours. */
const ranges = [
  { address: '192.0.2.0/24', family: 'IPv4' },
  { address: '2001:db8:b::/64', family: 'IPv6' },
] as const;

/** Runs until the test ends. */
export async function startRouter(
  start: (place: RouterPlace) => Promise<Router>,
  wishes: Partial<Neighbour> = {},
): Promise<Router> {
  const neighbours = ranges.map(({ address, family }) => ({ address, asn: asns.node, families: [family], ...wishes }));
  return startWith(start, neighbours);
}

/** Neighbours that are named one by one. */
export async function startRouterFor(
  start: (place: RouterPlace) => Promise<Router>,
  nodes: readonly NodeNumber[],
  wishes: Partial<Neighbour> = {},
): Promise<Router> {
  const neighbours = nodes.map((node) => ({
    address: nodeAddresses(node).ipv4,
    asn: asns.node,
    families: ['IPv4'] as const,
    ...wishes,
  }));
  return startWith(start, neighbours);
}

async function startWith(
  start: (place: RouterPlace) => Promise<Router>,
  neighbours: readonly Neighbour[],
): Promise<Router> {
  const router = await start({
    namespace: routerNamespace,
    config: {
      asn: asns.router,
      address: routerAddresses.lan.ipv4,
      addressIPv6: routerAddresses.lan.ipv6,
      interface: 'lan',
      neighbours,
    },
  });
  onTestFinished(() => router.stop());
  return router;
}

/** To the lab's router, which begins with the test and refuses whoever is early: it is asked again soon. */
export function bgpPeer(name: string, spec: Spec = {}): KubeObject {
  return {
    apiVersion: 'metallb.io/v1beta2',
    kind: 'BGPPeer',
    metadata: { name, namespace: ingotNamespace },
    spec: { myASN: asns.node, peerASN: asns.router, peerAddress: routerAddresses.lan.ipv4, connectTime: '2s', ...spec },
  };
}

/** A Service named web over all backends, told to the router; with its addresses. */
export async function announce(
  lab: Lab,
  { peer = {}, advertisement = {}, ...spec }: { peer?: Spec; advertisement?: Spec } & Spec = {},
): Promise<string> {
  await lab.admin.apply(pool('behind', [bgpAddresses.ipv4]));
  await lab.admin.apply(bgpAdvertisement('all', advertisement));
  await lab.admin.apply(bgpPeer('router', peer));
  await lab.admin.create(service('web', { ports: [http, echo], ...spec }));
  const [address] = await allocated(lab, 'web');
  return address;
}

/** Once these nodes and no others have told the router of an address, and its kernel sends there. */
export async function reachedBy(router: Router, address: string, nodes: readonly NodeNumber[]): Promise<void> {
  const isIPv6 = address.includes(':');
  const wanted = nodes
    .map((node) => nodeAddresses(node)[isIPv6 ? 'ipv6' : 'ipv4'])
    .toSorted()
    .join(' ');
  await eventually(
    async () => {
      const held = await router.rib(isIPv6 ? 'IPv6' : 'IPv4');
      const told = held.filter(({ prefix }) => prefix.startsWith(`${address}/`)).map(({ nextHop }) => nextHop);
      const seen = `${told.toSorted().join(' ')} and ${(await kernelNextHops(address)).join(' ')}`;
      if (seen !== `${wanted} and ${wanted}`) throw new Error(`${router.name} sends to ${seen}`);
      return true;
    },
    { ...patience, what: `Routes by ${nodes.join(', ')}` },
  );
}

interface RouteAsTold {
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly nexthops?: readonly { readonly gateway?: string; readonly via?: { readonly host: string } }[];
}

/** Where the router's kernel sends what is for an address; sorted. */
export async function kernelNextHops(address: string): Promise<readonly string[]> {
  const bits = address.includes(':') ? 128 : 32;
  const asked = ['ip', address.includes(':') ? '-6' : '-4', '-j', 'route', 'show', `${address}/${bits}`];
  const routes = JSON.parse((await run(within(routerNamespace, asked))) || '[]') as readonly RouteAsTold[];
  const hops = routes.flatMap((route) => route.nexthops ?? [route]);
  return hops.map(({ gateway, via }) => gateway ?? via?.host ?? 'none').toSorted();
}

/** Looks again and again where the router's kernel sends until `stop`, which says how few next hops there were at the least. */
export function watchNextHops(address: string): { readonly stop: () => Promise<number> } {
  const stopping = new AbortController();
  const watching = (async (): Promise<number> => {
    let fewest = Infinity;
    while (!stopping.signal.aborted) {
      fewest = Math.min(fewest, (await kernelNextHops(address)).length);
      await sleep(patience.everyMs);
    }
    return fewest;
  })();
  return {
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}

/** Asks a Service from beyond the router until it is stopped. */
export async function probeFromOutside({ outside }: Lab, kind: ProbeKind, address: string): Promise<Prober> {
  const port = kind === 'udp' ? echo.port : http.port;
  const prober = new Prober({ kind, namespace: outside.namespace, address, port });
  await prober.started;
  return prober;
}

/** The Pods that answer so many requests from beyond the router. */
export async function podsOutside({ outside }: Lab, address: string, requests = 30): Promise<readonly string[]> {
  const pods = new Set<string>();
  for (let asked = 0; asked < requests; asked++) pods.add((await outside.curl(address)).pod);
  return [...pods].toSorted();
}

interface BgpStatus {
  readonly node: string;
  readonly service: string;
  readonly peers: readonly string[];
}

/** What the speakers say of who holds what; by node. */
export async function bgpStatuses({ admin }: Lab): Promise<readonly BgpStatus[]> {
  const path = `/apis/metallb.io/v1beta1/namespaces/${ingotNamespace}/servicebgpstatuses`;
  const told = (await admin.list(path)).map(({ status }) => ({
    node: status?.node as string,
    service: status?.serviceName as string,
    peers: (status?.peers ?? []) as readonly string[],
  }));
  return told.toSorted((a, b) => (a.node < b.node ? -1 : 1));
}
