// How soon an ARP request for one of a thousand addresses is answered, by Ingot and by a kernel that has the addresses: back to back, 10,000 a
// second, and while the speaker's other thread is blocked half of the time. Turn by turn, by the same requester.
import { Responder } from './arp/responder.ts';
import { addressCount, plugCables, requesterNamespace, unplugCables, type ResponderName } from './arp/cables.ts';
import type { Answers, Load } from './arp/requester-main.ts';
import { judge, percentile, summarise, type Bench, type BenchOptions } from './bench.ts';
import { join } from 'node:path';
import { within } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';

interface Measurement {
  readonly load: string;
  readonly pace: Load['pace'];
  readonly requests: number;
  readonly blocked: boolean;
  /** Of Ingot's answers. */
  readonly goals: Partial<Record<Metric, number>>;
}

type Metric = 'reply_us_p50' | 'reply_us_p99' | 'reply_us_p999' | 'lost' | 'cpu_us_per_reply';

const smokeShare = 0.1;
const measurements: readonly Measurement[] = [
  {
    load: 'back to back',
    pace: 'backToBack',
    requests: 20_000,
    blocked: false,
    goals: { reply_us_p50: 60, lost: 0 },
  },
  { load: '10000/s', pace: 10_000, requests: 30_000, blocked: false, goals: { lost: 0 } },
  {
    load: '1000/s, cluster thread blocked',
    pace: 1_000,
    requests: 3_000,
    blocked: true,
    goals: { reply_us_p99: 5_000, lost: 0 },
  },
];
const requesterScript = join(import.meta.dirname, 'arp/requester-main.ts');

export const arp: Bench = {
  name: 'arp',
  defaultRounds: 5,
  async run(options) {
    await plugCables();
    const ingot = await Responder.start();
    try {
      for (const measurement of measurements) await measure(measurement, ingot, options);
    } finally {
      await ingot.stop();
      await unplugCables();
    }
  },
};

async function measure(measurement: Measurement, ingot: Responder, options: BenchOptions): Promise<void> {
  const seen: Record<ResponderName, Record<Metric, number>[]> = { kernel: [], ingot: [] };
  for (let round = 0; round < options.rounds; round++) {
    // In changing order: a machine that gets slower or faster does so for both.
    const order = round % 2 === 0 ? (['kernel', 'ingot'] as const) : (['ingot', 'kernel'] as const);
    for (const responder of order) seen[responder].push(await play(measurement, responder, ingot, options.smoke));
    const p50 = (responder: ResponderName): string => `${seen[responder].at(-1)?.reply_us_p50.toFixed(1)} us`;
    options.log(
      `${measurement.load}, round ${round + 1} of ${options.rounds}: ${p50('ingot')}, kernel ${p50('kernel')}`,
    );
  }
  for (const [responder, rounds] of Object.entries(seen)) {
    const labels = { responder, load: measurement.load, addresses: addressCount };
    const goals = responder === 'ingot' ? measurement.goals : {};
    for (const metric of Object.keys(rounds[0] ?? {}) as Metric[]) {
      const values = rounds.map((round) => round[metric]);
      const figure = summarise(metric, metric === 'lost' ? '' : 'us', values);
      // One that is lost is one too many.
      const total = metric === 'lost' ? { value: values.reduce((sum, value) => sum + value, 0) } : {};
      options.report({ ...labels, ...judge({ ...figure, ...total }, goals[metric]) });
    }
  }
}

async function play(
  { pace, requests, blocked }: Measurement,
  responder: ResponderName,
  ingot: Responder,
  smoke: boolean,
): Promise<Record<Metric, number>> {
  const load: Load = { responder, pace, requests: smoke ? requests * smokeShare : requests };
  if (blocked) ingot.tell('block');
  const beforeUs = await ingot.cpuUs();
  const answers = await ask(load);
  const cpuUs = (await ingot.cpuUs()) - beforeUs;
  ingot.tell('unblock');
  const at = (share: number): number => percentile(answers.replyUs, share) ?? Number.POSITIVE_INFINITY;
  return {
    reply_us_p50: at(0.5),
    reply_us_p99: at(0.99),
    reply_us_p999: at(0.999),
    lost: answers.lost,
    // A kernel answers within the call that sends the request, at its caller's expense.
    cpu_us_per_reply:
      responder === 'ingot' ? cpuUs / answers.replyUs.length : answers.sendUs - answers.unansweredSendUs,
  };
}

async function ask(load: Load): Promise<Answers> {
  const command = [process.execPath, requesterScript, JSON.stringify(load)];
  return JSON.parse(await run(within(requesterNamespace, command))) as Answers;
}
