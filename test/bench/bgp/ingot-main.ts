// Ingot as sender: its BGP sessions as the speaker runs them, on the kernel's TCP, with the routes of one pool. Waits to be dialled, as all senders do.
import { pino } from 'pino';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { plainAttributes } from '#speaker/bgp/route-attributes.ts';
import { emptyTable, routeTable } from '#speaker/bgp/route-table.ts';
import { BgpSessions } from '#speaker/bgp/sessions.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { machineMs } from './machine-time.ts';
import { addresses, asns, bgpPort, community, prefixesOf } from './plan.ts';
import { answerRequests } from './remote.ts';

export interface IngotRequests {
  announce(prefixes: number): void;
  /** All of them. Answers when, on the machine's clock. */
  withdraw(): number;
}

const name = 'sink';
const peer: PeerSession = {
  name,
  config: {
    localAsn: asns.sender,
    peerAsn: asns.sink,
    bgpIdentifier: 0xc612_0001,
    holdTimeSeconds: undefined,
    keepaliveTimeMs: undefined,
    families: ['IPv4'],
    extendedNextHop: false,
    linkLocalNextHop: false,
    gracefulRestart: true,
    sendRole: false,
    hostName: 'bench',
    softwareVersion: 'Ingot',
    passive: true,
    connectRetryTimeMs: 10_000,
    delayOpenTimeMs: 0,
  },
  transport: {
    remote: addresses.sink,
    port: bgpPort,
    local: addresses.sender,
    device: undefined,
    hopLimit: 1,
    leastHopLimit: 1,
    password: undefined,
    userTimeoutMs: 485_000,
  },
  bfdProfile: undefined,
  linkBandwidth: false,
  prefixLimit: undefined,
};
const sessions = new BgpSessions(
  { mode: 'on', port: bgpPort },
  {
    clock: systemClock,
    random: systemRandom,
    tcp: linuxTcp,
    log: pino({ level: 'error' }, pino.destination(2)),
    interfaceOf: () => ({ globalIPv6: undefined }),
    changed() {},
  },
);

answerRequests<IngotRequests>({
  announce(prefixes) {
    const attributes = { ...plainAttributes, communities: [community.asn * 0x1_0000 + community.value] };
    const table = routeTable([{ attributes, prefixes: { IPv4: prefixesOf(prefixes), IPv6: [] } }]);
    sessions.setRoutes(new Map([[name, table]]), true);
    sessions.configure([peer]);
  },
  withdraw() {
    const atMs = machineMs();
    sessions.setRoutes(new Map([[name, emptyTable]]), true);
    return atMs;
  },
});
