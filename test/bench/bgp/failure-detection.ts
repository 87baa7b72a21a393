// How soon Ingot notices that the path to a router is cut, with BIRD as the router; and that it notices nothing while its cluster thread is blocked.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ip, within } from '#test/lab/network/namespace.ts';
import { RouterFolder } from '#test/lab/routers/router-folder.ts';
import { judge, percentile, type BenchOptions } from '../bench.ts';
import { machineMs } from './machine-time.ts';
import { addresses, receiverNamespace, senderNamespace } from './plan.ts';
import { Remote } from './remote.ts';
import type { WatcherRequests } from './watcher-main.ts';

type Watcher = Remote<WatcherRequests>;

const detectMultiplier = 3;
const intervalsMs = [100, 300] as const;
const cutsInRound = 10;
const blocksInRound = 5;
const blockedMs = 1_000;
/** So that a cut comes anywhere between two packets. */
const settledMs = 400;
/** More than `ip` takes to come to its first line. */
const startMs = 100;
/** Of one that took longer, nobody knows when it was: it is made again. */
const longestCutMs = 10;
const mostTriesOfCut = 5;
const watcherScript = join(import.meta.dirname, 'watcher-main.ts');

export async function measureDetection(options: BenchOptions): Promise<void> {
  const { smoke, rounds } = options;
  for (const intervalMs of smoke ? intervalsMs.slice(0, 1) : intervalsMs) {
    const bird = await startBird(intervalMs);
    const watcher: Watcher = new Remote(senderNamespace, watcherScript);
    try {
      await watcher.ask('watch', { intervalMs, detectMultiplier });
      await measure(watcher, intervalMs, smoke ? 2 : rounds * cutsInRound, options);
      await stayUp(watcher, intervalMs, smoke ? 1 : rounds * blocksInRound, options);
    } finally {
      await watcher.stop();
      await bird.stop();
    }
  }
}

async function startBird(intervalMs: number): Promise<RouterFolder> {
  const folder = new RouterFolder('newest', receiverNamespace);
  folder.write(
    'tmp/bird.conf',
    `router id ${addresses.sink};
    protocol device { scan time 1; }
    protocol bfd {
      interface "*" { interval ${intervalMs} ms; multiplier ${detectMultiplier}; idle tx interval 1 s; };
      neighbor ${addresses.sender} local ${addresses.sink};
    }`,
  );
  folder.start('bird', ['bird', '-f', '-c', '/tmp/bird.conf', '-s', '/tmp/bird.ctl']);
  await folder.ready(() => folder.run(['birdc', '-s', '/tmp/bird.ctl', 'show', 'status']));
  return folder;
}

const profileOf = (intervalMs: number): string => `${detectMultiplier}x${intervalMs}ms`;

async function measure(
  watcher: Watcher,
  intervalMs: number,
  cuts: number,
  { report, log }: BenchOptions,
): Promise<void> {
  const profile = profileOf(intervalMs);
  const detectedMs: number[] = [];
  for (let tries = 0; detectedMs.length < cuts; tries++) {
    if (tries === cuts * mostTriesOfCut) throw new Error('this machine is too busy to cut a path at a known time');
    await watcher.ask('up');
    await sleep(settledMs + Math.random() * intervalMs);
    const cut = await readyToCut();
    const lost = watcher.ask('lost');
    const { fromMs, toMs } = await cut();
    const lostMs = await lost;
    await ip(['link set lan up'], receiverNamespace);
    if (toMs - fromMs > longestCutMs) continue;
    detectedMs.push(lostMs - fromMs);
    log(`BFD ${profile}, cut ${detectedMs.length} of ${cuts}: ${detectedMs.at(-1)?.toFixed(1)} ms`);
  }
  const detectionMs = detectMultiplier * intervalMs;
  const goal = Math.max(1.1 * detectionMs, detectionMs + 20);
  const common = { sender: 'ingot', profile, unit: 'ms', rounds: cuts };
  const [p50 = Number.NaN, max = Number.NaN] = [percentile(detectedMs, 0.5), percentile(detectedMs, 1)];
  report({ ...common, metric: 'bfd_detect_ms_p50', value: p50 });
  report(judge({ ...common, metric: 'bfd_detect_ms_max', value: max }, goal));
}

/** A program that has but to be told: starting one takes longer than what is measured may vary. The cut is between the two times. */
async function readyToCut(): Promise<() => Promise<{ readonly fromMs: number; readonly toMs: number }>> {
  const [command, ...args] = within(receiverNamespace, ['ip', '-batch', '-']);
  const child = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  await once(child, 'spawn');
  await sleep(startMs);
  return async () => {
    const fromMs = machineMs();
    child.stdin.end('link set lan down\n');
    await once(child, 'exit');
    return { fromMs, toMs: machineMs() };
  };
}

/** With its cluster thread blocked, and as often without: what is lost then is lost to a machine that is busy. */
async function stayUp(watcher: Watcher, intervalMs: number, times: number, { report }: BenchOptions): Promise<void> {
  const lost = { blocked: 0, free: 0 };
  const countLost = async (during: () => Promise<unknown>): Promise<number> => {
    await watcher.ask('up');
    const before = await watcher.ask('failures');
    await during();
    await sleep(settledMs + detectMultiplier * intervalMs);
    return (await watcher.ask('failures')) - before;
  };
  for (let at = 0; at < times; at++) {
    lost.blocked += await countLost(() => watcher.ask('block', blockedMs));
    lost.free += await countLost(() => sleep(blockedMs));
  }
  const figure = { sender: 'ingot', profile: profileOf(intervalMs), metric: 'bfd_sessions_lost', unit: '' };
  report({ ...judge({ ...figure, value: lost.blocked }, 0), rounds: times, cluster_thread: 'blocked' });
  report({ ...figure, value: lost.free, rounds: times, cluster_thread: 'free' });
}
