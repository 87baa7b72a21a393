// How soon a peer that has just come up holds all routes, and how soon none, after they are gone: told by Ingot and by routers, to the same receiver,
// turn by turn; what that takes in messages, octets, processor and memory. And how soon a cut path is noticed (BFD).
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { hasRouters } from '#test/lab/parts/routers.ts';
import { judge, summarise, type Bench, type BenchOptions } from './bench.ts';
import { measureDetection } from './bgp/failure-detection.ts';
import { layCable, least, receiverNamespace, removeCable, senderNamespace } from './bgp/plan.ts';
import type { ReceiverRequests } from './bgp/receiver-main.ts';
import { Remote } from './bgp/remote.ts';
import { senders, type SenderName } from './bgp/senders.ts';
import { cpuSecondsIn, residentMbIn } from './bgp/usage.ts';

const units = {
  seconds_to_last_prefix: 's',
  seconds_to_all_withdrawn: 's',
  wire_bytes: 'B',
  updates: '',
  sender_cpu_seconds: 's',
  sender_rss_mb: 'MB',
} as const;

type Metric = keyof typeof units;
type Metrics = Readonly<Record<Metric, number>>;

const sizes = [1_000, 10_000, 100_000] as const;
const smokeSizes = [1_000] as const;
const smokeSenders: ReadonlySet<SenderName> = new Set(['ingot', 'bird3']);
const receiverScript = join(import.meta.dirname, 'bgp/receiver-main.ts');

/** Of what cannot be had with less. */
const mostOverhead = 1.01;
const mostResidentMb = 150;
/** BIRD is the fastest there is; for less than this many nobody waits. */
const ratedFrom = 10_000;
/** A sender closes sessions and sockets. */
const restMs = 200;

export const bgp: Bench = {
  name: 'bgp',
  defaultRounds: 5,
  parts: [...Object.keys(senders), 'bfd'],
  async run(options) {
    const chosen = chosenSenders(options);
    await layCable();
    try {
      if ((options.part ?? 'bfd') === 'bfd' && hasRouters()) await measureDetection(options);
      if (chosen.length === 0) return;
      for (const prefixes of options.smoke ? smokeSizes : sizes) await compare(prefixes, chosen, options);
    } finally {
      await removeCable();
    }
  },
};

function chosenSenders({ smoke, part, log }: BenchOptions): readonly SenderName[] {
  const all = (Object.keys(senders) as SenderName[]).filter((name) => part === undefined || part === name);
  const wanted = smoke ? all.filter((name) => smokeSenders.has(name)) : all;
  if (hasRouters()) return wanted;
  log('without routers to compare with: `node test/lab/parts/routers.ts` fetches them');
  return wanted.filter((name) => name === 'ingot');
}

async function compare(prefixes: number, chosen: readonly SenderName[], options: BenchOptions): Promise<void> {
  const seen = new Map<SenderName, Metrics[]>(chosen.map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    // In changing order: a machine that gets slower or faster does so for all.
    for (const name of round % 2 === 0 ? chosen : chosen.toReversed()) {
      const metrics = await play(name, prefixes);
      seen.get(name)?.push(metrics);
      const [come, gone] = [metrics.seconds_to_last_prefix, metrics.seconds_to_all_withdrawn];
      options.log(
        `${prefixes} prefixes, round ${round + 1} of ${options.rounds}, ${name}: there in ${inMs(come)}, gone in ${inMs(gone)}`,
      );
    }
  }
  const median = (name: SenderName, metric: Metric): number | undefined => {
    const rounds = seen.get(name);
    return (
      rounds &&
      summarise(
        metric,
        '',
        rounds.map((one) => one[metric]),
      ).value
    );
  };
  const goals = goalsOf(prefixes, median('bird3', 'seconds_to_last_prefix'));
  for (const [sender, rounds] of seen) {
    for (const metric of Object.keys(units) as Metric[]) {
      const figure = summarise(
        metric,
        units[metric],
        rounds.map((round) => round[metric]),
      );
      options.report({ sender, prefixes, ...judge(figure, sender === 'ingot' ? goals[metric] : undefined) });
    }
  }
}

function goalsOf(prefixes: number, birdSeconds: number | undefined): Partial<Record<Metric, number>> {
  const { updates, octets } = least(prefixes);
  return {
    wire_bytes: octets * mostOverhead,
    updates: updates * mostOverhead,
    ...(prefixes >= ratedFrom && birdSeconds !== undefined ? { seconds_to_last_prefix: birdSeconds } : {}),
    ...(prefixes === sizes.at(-1) ? { sender_rss_mb: mostResidentMb } : {}),
  };
}

/** A sender of its own, loaded before anybody listens. */
async function play(name: SenderName, prefixes: number): Promise<Metrics> {
  const receiver = new Remote<ReceiverRequests>(receiverNamespace, receiverScript);
  try {
    const sender = await senders[name](receiver);
    try {
      await sender.load(prefixes);
      const cpuBefore = await cpuSecondsIn(senderNamespace);
      const { establishedMs, heard } = await receiver.ask('receive', prefixes);
      const cpuAfter = await cpuSecondsIn(senderNamespace);
      const residentMb = await residentMbIn(senderNamespace);
      const lost = receiver.ask('lose');
      const goneMs = await sender.withdraw();
      const { lastMs } = await lost;
      await receiver.ask('hangUp');
      await sleep(restMs);
      return {
        seconds_to_last_prefix: (heard.lastMs - establishedMs) / 1000,
        seconds_to_all_withdrawn: (lastMs - goneMs) / 1000,
        wire_bytes: heard.octets,
        updates: heard.updates,
        sender_cpu_seconds: cpuAfter - cpuBefore,
        sender_rss_mb: residentMb,
      };
    } finally {
      await sender.stop();
    }
  } finally {
    await receiver.stop();
  }
}

function inMs(seconds: number): string {
  return `${(seconds * 1000).toPrecision(3)} ms`;
}
