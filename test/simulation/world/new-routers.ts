// The routers of a world: one on the first LAN that answers for its address, or as many as speak BGP with the nodes.
import type { Ip } from '#shared/net/ip.ts';
import { Router } from '../lan/router.ts';
import { BgpRouter, describeRouterEvent, type RouterEvent } from '../routers/bgp-router.ts';
import {
  nodeIp,
  nodeName,
  otherRouterIp,
  otherRouterMac,
  routerIp,
  routerIpv6,
  routerMac,
  type Families,
} from './address-plan.ts';
import type { World, WorldOptions } from './world.ts';

type Options = Pick<WorldOptions, 'nodes' | 'routerAbsent' | 'routers'> & { readonly families: Families };
type Surroundings = Pick<World, 'scheduler' | 'lan' | 'tcp' | 'trace' | 'tell'>;

/** Those that speak BGP. */
export function newRouters(options: Options, world: Surroundings): readonly BgpRouter[] {
  if (options.routerAbsent === true) return [];
  const { scheduler, lan, tcp, trace } = world;
  const byName = new Map(Array.from({ length: options.nodes }, (_, index) => [nodeName(index), nodeIp(index)]));
  const byIp = new Map([...byName].map(([name, ip]) => [ip, name]));
  const addressOf = (node: string): Ip | undefined => byName.get(node);
  const told = (router: BgpRouter, from: Ip, event: RouterEvent): void => {
    const node = byIp.get(from) ?? from;
    trace.record(router.name, `bgp ${event.kind}`, node, describeRouterEvent(event));
    world.tell((observer) => observer.routed?.(router, node, event));
  };
  const places = [
    { name: 'router', mac: routerMac, ip: routerIp, ipv6: options.families === 'IPv4' ? undefined : routerIpv6 },
    { name: 'router-2', mac: otherRouterMac, ip: otherRouterIp, ipv6: undefined },
  ];
  return places.slice(0, options.routers ?? 1).flatMap((place, index) => {
    const { name, ip } = place;
    const { attachment } = new Router({ ...place, segment: lan });
    if (options.routers === undefined) return [];
    const host = tcp.add({ name, attachments: [attachment], ips: () => [ip], isRunning: () => true });
    const dependencies = { scheduler, network: tcp, host, told, addressOf };
    return [new BgpRouter({ name, ip, helps: index === 0, families: ['IPv4', 'IPv6'] }, dependencies)];
  });
}
