// A speaker dies under traffic, then a node: the first costs nothing, after the second another node answers for its addresses within a second.
import { availableParallelism, loadavg } from 'node:os';
import type { ClusterNode } from '../cluster-node.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../lab.ts';
import { duration, type Steps } from '../output/steps.ts';
import { Prober } from '../probe/prober.ts';
import type { ProbeReport } from '../probe/report.ts';
import { announcerOf } from '../services.ts';
import { askOften, tally, type Reached } from './l2.ts';
import { NotAsTold } from './not-as-told.ts';

/** What a fault cost. */
export interface Failover {
  readonly what: string;
  readonly report: ProbeReport;
  readonly before: ClusterNode;
  readonly after: ClusterNode;
}

const echoPort = 7;
/** Traffic before the fault, and after all is well again. */
const quietMs = 2_000;
/** Until a kubelet starts again what has died. */
const restartDelayMs = 1_000;
const settledWithinMs = 60_000;
const perSecond = 200;
/** Promised, on a machine that is not busy with something else. */
const longestOutageMs = 1_000;

/** Strikes the node that announces a Service with Pods on every node, twice. */
export async function showFailover(lab: Lab, steps: Steps, reached: Reached): Promise<readonly Failover[]> {
  const killed = await killSpeaker(lab, steps, reached);
  return [killed, await powerOff(lab, steps, { ...reached, announcer: killed.after })];
}

async function killSpeaker(lab: Lab, steps: Steps, { service, address, announcer }: Reached): Promise<Failover> {
  const prober = await startProbing(lab, steps, address);
  await steps.run(`killing the speaker on ${announcer.name}`, () =>
    announcer.restartSpeaker('SIGKILL', restartDelayMs),
  );
  const after = await steps.run(
    'the speaker is back',
    async () => {
      await eventually(async () => (await announcer.speakerReadiness()) === 'ok\n', { withinMs: settledWithinMs });
      return settled(lab, service, address);
    },
    ({ name }) => ({ note: `${name} answers for ${address}` }),
  );
  const report = await stopProbing(prober);
  return { what: `speaker on ${announcer.name} killed`, report, before: announcer, after };
}

async function powerOff(lab: Lab, steps: Steps, { service, address, announcer }: Reached): Promise<Failover> {
  const prober = await startProbing(lab, steps, address);
  const startedMs = performance.now();
  await steps.run(`powering off ${announcer.name}`, () => announcer.powerOff());
  const after = await steps.run(
    `another node answers for ${address}`,
    () => settled(lab, service, address, announcer),
    ({ name, addresses }) => ({
      title: `${name} answers for ${address}`,
      note: `${addresses.mac}, and status says so ${duration(performance.now() - startedMs)} after the fault`,
    }),
  );
  const report = await stopProbing(prober);
  const answers = await askOften(lab, steps, address);
  const own = after.addresses.pod.name;
  if (answers.some(({ pod }) => pod !== own)) throw new NotAsTold(`only ${own} answers on ${address}`, tally(answers));
  return { what: `${announcer.name} powered off`, report, before: announcer, after };
}

async function startProbing({ client }: Lab, steps: Steps, address: string): Promise<Prober> {
  const everyMs = 1000 / perSecond;
  const prober = new Prober({ kind: 'udp', namespace: client.namespace, address, port: echoPort, everyMs });
  await prober.started;
  await steps.run(`${perSecond} probes a second to ${address}`, () => pause(quietMs));
  return prober;
}

async function stopProbing(prober: Prober): Promise<ProbeReport> {
  await pause(quietMs);
  const report = await prober.stop();
  if (!report.recovered) throw new NotAsTold('answers after the fault', `${report.lost} of ${report.sent} lost`);
  const isBusy = (loadavg()[0] ?? 0) > availableParallelism();
  const limitMs = isBusy ? 2 * longestOutageMs : longestOutageMs;
  if (report.outageMs > limitMs) {
    throw new NotAsTold(`an outage below ${duration(limitMs)}`, duration(report.outageMs));
  }
  return report;
}

/** The node whose MAC address the client knows, once status names it too. The probes tell the client's kernel nothing: it learns from the owner. */
function settled(lab: Lab, service: string, address: string, before?: ClusterNode): Promise<ClusterNode> {
  return eventually(
    async () => {
      const [neighbour, named] = await Promise.all([lab.client.neighbour(address), announcerOf(lab, service)]);
      const announcer = lab.nodeWithMac(neighbour?.mac);
      return announcer !== before && announcer === named ? announcer : undefined;
    },
    { withinMs: settledWithinMs, what: `An announcer of ${address}` },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
