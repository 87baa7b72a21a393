// One round: a client probes an address, something happens to its owner, and all is well again.
import { setTimeout as sleep } from 'node:timers/promises';
import { announcementsOf, LanCapture, type Announcement } from '#test/lab/capture/lan-capture.ts';
import type { ClusterNode } from '#test/lab/cluster-node.ts';
import { eventually } from '#test/lab/eventually.ts';
import type { Lab } from '#test/lab/lab.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { routerNamespace } from '#test/lab/network/router.ts';
import { Prober } from '#test/lab/probe/prober.ts';
import type { ProbeReport } from '#test/lab/probe/report.ts';
import { monotonicMs } from '#test/lab/probe/schedule.ts';
import type { Fault } from './faults.ts';

export interface Probed {
  readonly address: string;
  readonly httpPort: number;
  readonly echoPort: number;
}

export interface Round {
  readonly udp: ProbeReport;
  readonly http: ProbeReport;
  /** How often somebody else than before has announced the address. */
  readonly moves: number;
  /** Of a host that did not know the address when the fault began. */
  readonly waitMs: number | undefined;
  /** Why the machine was too busy to measure. */
  readonly disturbed: string | undefined;
}

const probeEveryMs = 5;
/** What waits in its kernel comes all at once when the address is found: little enough to disturb nobody. */
const newcomerEveryMs = 25;
/** Before the fault, and after all is well. */
const quietMs = 1_000;
const recoveredWithinMs = 30_000;
const latestMs = 20;

export async function playRound(lab: Lab, fault: Fault, probed: Probed): Promise<Round> {
  const { address, httpPort, echoPort } = probed;
  await lab.startIngot();
  // Learned anew, what the client knows is believed for at least 15 s.
  await lab.client.flushNeighbours();
  const within = { withinMs: recoveredWithinMs };
  await eventually(() => lab.client.curl(address, httpPort), within);
  await eventually(() => lab.client.askUdp(address, echoPort), within);
  const owner = lab.nodeWithMac((await lab.client.neighbour(address))?.mac);
  if (owner === undefined) throw new Error(`no node owns ${address}`);
  const watch = await Watch.start(lab, fault, probed);
  try {
    await sleep(quietMs);
    const faultMs = monotonicMs();
    const [forgottenMs] = await Promise.all([fault.newcomer && forget(address), fault.act(lab, owner)]);
    await recovered(lab, fault, owner, probed);
    await sleep(quietMs);
    const { udp, http, newcomer, announcements } = await watch.stop();
    const later = announcements.filter(({ atMs }) => atMs >= faultMs);
    const owners = [owner.addresses.mac, ...later.map(({ mac }) => mac as string)];
    return {
      udp,
      http,
      moves: owners.filter((mac, index) => index > 0 && mac !== owners[index - 1]).length,
      waitMs: newcomer === undefined || forgottenMs === undefined ? undefined : waitOf(newcomer, forgottenMs),
      disturbed: disturbance([udp, http], faultMs),
    };
  } finally {
    await watch.stop();
    await fault.undo?.(lab, owner);
  }
}

interface Seen {
  readonly udp: ProbeReport;
  readonly http: ProbeReport;
  readonly newcomer: ProbeReport | undefined;
  readonly announcements: readonly Announcement[];
}

/** UDP and HTTP probes from the client; where it is asked for, UDP from the router, which is another host of the LAN; and all ARP. */
class Watch {
  readonly #address: string;
  readonly #udp: Prober;
  readonly #http: Prober;
  readonly #newcomer: Prober | undefined;
  readonly #capture: LanCapture;
  #seen: Promise<Seen> | undefined;

  private constructor(capture: LanCapture, lab: Lab, fault: Fault, { address, httpPort, echoPort }: Probed) {
    this.#address = address;
    this.#capture = capture;
    const client = { address, everyMs: probeEveryMs, namespace: lab.client.namespace };
    this.#udp = new Prober({ ...client, kind: 'udp', port: echoPort });
    this.#http = new Prober({ ...client, kind: 'tcp', port: httpPort });
    if (fault.newcomer) {
      this.#newcomer = new Prober({
        address,
        everyMs: newcomerEveryMs,
        namespace: routerNamespace,
        kind: 'udp',
        port: echoPort,
      });
    }
  }

  static async start(lab: Lab, fault: Fault, probed: Probed): Promise<Watch> {
    const capture = await LanCapture.start(`${lab.logDirectory}/failover.pcap`, 'arp');
    const watch = new Watch(capture, lab, fault, probed);
    await Promise.all([watch.#udp.started, watch.#http.started, watch.#newcomer?.started]);
    return watch;
  }

  stop(): Promise<Seen> {
    this.#seen ??= this.#stop();
    return this.#seen;
  }

  async #stop(): Promise<Seen> {
    const none = Promise.resolve(undefined);
    const [udp, http, newcomer] = await Promise.all([
      this.#udp.stop(),
      this.#http.stop(),
      this.#newcomer?.stop() ?? none,
    ]);
    return { udp, http, newcomer, announcements: announcementsOf(this.#address, await this.#capture.stop()) };
  }
}

/** The router no longer knows where the address is, once its owner is struck; returns when it forgot. */
async function forget(address: string): Promise<number> {
  await sleep(probeEveryMs);
  await ip([`neigh flush to ${address}`], routerNamespace);
  return monotonicMs();
}

async function recovered(lab: Lab, fault: Fault, owner: ClusterNode, { address, httpPort }: Probed): Promise<void> {
  const within = { withinMs: recoveredWithinMs };
  if (fault.moves) {
    await eventually(async () => (await lab.client.neighbour(address))?.mac !== owner.addresses.mac, within);
  } else {
    await eventually(async () => (await owner.speakerReadiness()) === 'ok\n', within);
  }
  await eventually(() => lab.client.curl(address, httpPort), within);
}

/** From when it forgot the address until somebody answered for it: what it sent meanwhile is answered then. */
function waitOf({ probes }: ProbeReport, forgottenMs: number): number {
  const answers = probes.flatMap(({ sentMs, answeredMs }) =>
    sentMs >= forgottenMs && answeredMs !== undefined ? [answeredMs] : [],
  );
  return answers.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...answers) - forgottenMs;
}

function disturbance(reports: readonly ProbeReport[], faultMs: number): string | undefined {
  const early = reports.flatMap(({ probes }) => probes).filter(({ sentMs }) => sentMs < faultMs - 2 * probeEveryMs);
  const lost = early.filter(({ answeredMs }) => answeredMs === undefined).length;
  if (lost > 0) return `${lost} probes were lost before the fault`;
  const late = Math.max(...reports.map((report) => report.latestMs));
  return late > latestMs ? `a probe was sent ${late.toFixed(0)} ms late` : undefined;
}
