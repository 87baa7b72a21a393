// What a client of an address loses when its owner, or the owner's speaker, fails, is drained or is upgraded: the speaker as it is deployed, in a
// lab of three nodes, probed each 5 ms over UDP and by new HTTP connections.
import { setTimeout as sleep } from 'node:timers/promises';
import { keepArtefacts } from '#test/lab/artefacts.ts';
import { Lab } from '#test/lab/lab.ts';
import { Steps } from '#test/lab/output/steps.ts';
import { allocated } from '#test/lab/services.ts';
import { echo, http, l2Advertisement, lanAddresses, pool, service } from '#test/lab/specs/objects.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { faults, type Fault } from './failover/faults.ts';
import { figuresOf, lostMs } from './failover/figures.ts';
import { playRound, type Probed, type Round } from './failover/round.ts';

/** A fault that fails so often is left alone. */
const mostFailures = 3;

export const failover: Bench = {
  name: 'failover',
  defaultRounds: 20,
  parts: Array.from(new Set(faults.map(({ labels }) => labels.fault))),
  async run(options) {
    const steps = new Steps(process.stderr);
    const lab = await Lab.start({ steps, bundled: true });
    try {
      await lab.admin.apply(pool('lan', [lanAddresses.ipv4]));
      await lab.admin.apply(l2Advertisement('lan'));
      const probed = await createService(lab, 'web');
      const chosen = faults.filter(
        ({ inSmoke, labels }) => (inSmoke || !options.smoke) && (options.part ?? labels.fault) === labels.fault,
      );
      const unmeasured: string[] = [];
      for (const fault of chosen) {
        if (!(await measure(lab, fault, probed, options))) unmeasured.push(nameOf(fault));
      }
      if (unmeasured.length > 0) throw new Error(`no round came to its end: ${unmeasured.join(', ')}`);
    } finally {
      await lab.stop();
    }
  },
};

/** With a Pod on every node that keeps to itself: whoever owns the address serves, and kube-proxy's own delays do not count. */
async function createService(lab: Lab, name: string): Promise<Probed> {
  await lab.admin.create(service(name, { externalTrafficPolicy: 'Local', ports: [http, echo] }));
  const [address] = await allocated(lab, name);
  return { address, httpPort: http.port, echoPort: echo.port };
}

function nameOf({ labels }: Fault): string {
  return Object.values(labels).join(' ');
}

/** Whether there is anything to report. */
async function measure(lab: Lab, fault: Fault, probed: Probed, options: BenchOptions): Promise<boolean> {
  const { rounds, report, log } = options;
  const name = nameOf(fault);
  const played: Round[] = [];
  for (let failures = 0; played.length < rounds && failures < mostFailures;) {
    try {
      // Of its own will no speaker moves an address four times within 3 min (spec/layer2 §5.3): each round has one that has not moved.
      const fresh = fault.atWill === true && (await createService(lab, `fresh-${played.length}-${failures}`));
      const round = await playUndisturbed(lab, fault, fresh || probed, options);
      played.push(round);
      log(`${name}, round ${played.length} of ${rounds}: ${lostMs(round).toFixed(0)} ms${notes(round)}`);
    } catch (error) {
      failures++;
      log(`${name}: a round failed: ${error instanceof Error ? error.message : String(error)}`);
      log(`artefacts: ${await keepArtefacts(lab, 'bench failover', `${name} ${failures}`)}`);
      await makeWhole(lab, fault);
    }
  }
  if (played.length === 0) return false;
  for (const figure of figuresOf(played, fault.goals)) report({ ...fault.labels, ...figure });
  return true;
}

/** A disturbed round is played once more, and then counts; in a smoke it counts at once. */
async function playUndisturbed(lab: Lab, fault: Fault, probed: Probed, { smoke, log }: BenchOptions): Promise<Round> {
  const first = await withinLimit(fault, playRound(lab, fault, probed));
  if (first.disturbed === undefined || smoke) return first;
  log(`disturbed: ${first.disturbed}; once more`);
  return withinLimit(fault, playRound(lab, fault, probed));
}

async function withinLimit<Answer>({ limitMs, labels }: Fault, answer: Promise<Answer>): Promise<Answer> {
  const done = new AbortController();
  const late = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
    throw new Error(`${labels.fault} took longer than ${limitMs / 1000} s`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    late.catch(() => {});
    answer.catch(() => {});
    done.abort();
  }
}

/** After a round that did not come to its end. */
async function makeWhole(lab: Lab, fault: Fault): Promise<void> {
  for (const node of lab.nodes) {
    node.speaker?.kill('SIGCONT');
    await node.heal();
    if (fault.labels.fault === 'drain') await fault.undo?.(lab, node);
  }
  await lab.startIngot();
}

function notes({ udp, http: tcp, moves, waitMs }: Round): string {
  const wait = waitMs === undefined ? '' : `, a newcomer waited ${waitMs.toFixed(0)} ms`;
  const lost = `, lost ${udp.lost} of ${udp.sent} datagrams and ${tcp.lost} of ${tcp.sent} connections`;
  const gone = udp.recovered && tcp.recovered ? '' : ', NOT recovered';
  return `${lost}, ${moves} moves${wait}${gone}`;
}
