// A node that announces routes to the router until it is killed: bgp-node-main.ts IPV4 IPV6 PREFIXES
import type { Ip } from '#shared/net/ip.ts';
import { routes } from '../../unit/speaker/bgp/out-play.ts';
import { startNode, towardsRouter } from '../bgp-node.ts';

const [ipv4, ipv6, prefixes = ''] = process.argv.slice(2);
const node = { ipv4: ipv4 as Ip, ipv6: ipv6 as Ip };
startNode(node, towardsRouter(node), routes([{}, prefixes]));
