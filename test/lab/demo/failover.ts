// A node goes away under traffic, and another one answers for its addresses.
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
/** Traffic before the fault, and after the new owner is there. */
const quietMs = 2_000;
const movedWithinMs = 60_000;
const perSecond = 200;

/** Powers off the node that announces a Service with Pods on every node. */
export async function showFailover(
  lab: Lab,
  steps: Steps,
  { service, address, announcer }: Reached,
): Promise<Failover> {
  const prober = new Prober({
    kind: 'udp',
    namespace: lab.client.namespace,
    address,
    port: echoPort,
    everyMs: 1000 / perSecond,
  });
  await prober.started;
  await steps.run(`${perSecond} probes a second to ${address}`, () => pause(quietMs));
  const startedMs = performance.now();
  await steps.run(`powering off ${announcer.name}`, () => announcer.powerOff());
  const after = await steps.run(
    `another node answers for ${address}`,
    () => moved(lab, service, address, announcer),
    ({ name, addresses }) => ({
      title: `${name} answers for ${address}`,
      note: `${addresses.mac}, ${duration(performance.now() - startedMs)} after the fault`,
    }),
  );
  await pause(quietMs);
  const report = await prober.stop();
  const answers = await askOften(lab, steps, address);
  const own = after.addresses.pod.name;
  if (answers.some(({ pod }) => pod !== own)) throw new NotAsTold(`only ${own} answers on ${address}`, tally(answers));
  if (!report.recovered) throw new NotAsTold('answers after the failover', `${report.lost} of ${report.sent} lost`);
  return { what: `${announcer.name} powered off`, report, before: announcer, after };
}

/** The probes tell the client's kernel nothing: it has to learn the new owner's address from the owner. */
function moved(lab: Lab, service: string, address: string, before: ClusterNode): Promise<ClusterNode> {
  return eventually(
    async () => {
      const [neighbour, named] = await Promise.all([lab.client.neighbour(address), announcerOf(lab, service)]);
      const announcer = lab.nodeWithMac(neighbour?.mac);
      return announcer !== before && announcer === named ? announcer : undefined;
    },
    { withinMs: movedWithinMs, what: `A new announcer of ${address}` },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
