// BFD with routers of the wild over a cable, on the real kernel.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WantedBfd } from '#speaker/seam.ts';
import { eventually } from '#test/lab/eventually.ts';
import { hasRouters, type RouterSet } from '#test/lab/parts/routers.ts';
import { BfdCable, expectDetection, ipv4, pairs, type Pair } from './bfd-cable.ts';
import { monotonicMs, type BfdNode } from './bfd-node.ts';
import { startBirdBfd, startFrrBfd, type BfdRouter, type Watched } from './bfd-router.ts';

interface Candidate {
  readonly name: string;
  readonly start: (namespace: string, watched: Watched, set: RouterSet) => Promise<BfdRouter>;
  readonly set: RouterSet;
  /** With which its packets of several hops begin. */
  readonly hopLimit: number;
  /** It says so when it is taken down; else it falls silent. */
  readonly saysAdminDown: boolean;
}

const candidates: readonly Candidate[] = [
  { name: 'FRR 10', start: startFrrBfd, set: 'newest', hopLimit: 255, saysAdminDown: true },
  { name: 'FRR 8', start: startFrrBfd, set: 'older', hopLimit: 255, saysAdminDown: true },
  { name: 'BIRD 3', start: startBirdBfd, set: 'newest', hopLimit: 64, saysAdminDown: false },
  { name: 'BIRD 2', start: startBirdBfd, set: 'older', hopLimit: 64, saysAdminDown: false },
];

const patience = { withinMs: 15_000, everyMs: 20 };

let line: BfdCable;
let router: BfdRouter | undefined;
beforeEach(async () => {
  line = await BfdCable.create();
});
afterEach(async () => {
  await router?.stop();
  router = undefined;
  await line.remove();
});

function watchedOf(pair: Pair, multihop = false): Watched {
  return { address: pair.own, local: pair.peer, device: pair.linkLocal && line.cable.far.name, multihop };
}

async function upWith({ start, set }: Candidate, pair: Pair, changes: Partial<WantedBfd> = {}): Promise<BfdNode> {
  const ours = line.start();
  ours.want(line.towardsPeer(pair, changes));
  router = await start(line.namespace, watchedOf(pair, changes.multihop), set);
  await ours.reaches('up');
  await routerSees('up', pair);
  return ours;
}

const routerSees = (state: string, { own }: Pair): Promise<true> =>
  eventually(async () => (await router?.state(own)) === state, { ...patience, what: `${state} on the router` });

describe.skipIf(!hasRouters()).each(candidates)('$name', (candidate) => {
  test.each(candidate.set === 'newest' ? pairs : [ipv4])(
    'over $name: Up, and a cable that is cut is noticed',
    async (pair) => {
      const ours = await upWith(candidate, pair);
      await sleep(1000);
      expect(ours.session).toMatchObject({ state: 'up', local: pair.own, failures: 0 });
      const when = await line.cut();
      const down = await ours.reaches('down', when.from);
      expectDetection(down.atMs, when, 300);
    },
  );

  test('is told when we leave, and does not wait until it misses us', async () => {
    const detectionMs = 12_000;
    const ours = await upWith(candidate, ipv4, { transmitIntervalMs: detectionMs / 3 });
    const fromMs = monotonicMs();
    await ours.leave();
    await routerSees('down', ipv4);
    expect(monotonicMs() - fromMs).toBeLessThan(detectionMs / 2);
  });

  test('intervals change, and nothing falls', async () => {
    const ours = await upWith(candidate, ipv4);
    for (const [transmitIntervalMs, receiveIntervalMs, detectMultiplier] of [
      [50, 500, 5],
      [500, 50, 10],
      [1000, 1000, 2],
      [50, 60, 5],
    ] as const) {
      ours.want(line.towardsPeer(ipv4, { transmitIntervalMs, receiveIntervalMs, detectMultiplier }));
      await sleep(1500);
    }
    expect(ours.session).toMatchObject({ state: 'up', failures: 0, counters: { ups: 1 } });
    expect(await router?.state(ipv4.own)).toBe('up');
  });

  test('passive: it is the router that speaks first', async () => {
    const ours = line.start();
    ours.want(line.towardsPeer(ipv4, { passive: true }));
    await eventually(() => ours.reports.some(({ bfd }) => bfd.length > 0), patience);
    await sleep(1500);
    expect(ours.session.counters).toMatchObject({ sent: 0 });
    router = await candidate.start(line.namespace, watchedOf(ipv4), candidate.set);
    await ours.reaches('up');
  });

  test(`over several hops, which begin with ${candidate.hopLimit}`, async () => {
    const { start, set, hopLimit } = candidate;
    router = await start(line.namespace, watchedOf(ipv4, true), set);
    const ours = line.start();
    ours.want(line.towardsPeer(ipv4, { multihop: true, leastHopLimit: hopLimit }));
    await ours.reaches('up');
    await routerSees('up', ipv4);
    const fromMs = monotonicMs();
    ours.want(line.towardsPeer(ipv4, { multihop: true, leastHopLimit: hopLimit + 1 }));
    await ours.reaches('down', fromMs);
    expect(ours.session.counters.dropped).toBeGreaterThan(0);
  });

  test.runIf(candidate.saysAdminDown)('taken down on purpose, it is no failure', async () => {
    const ours = await upWith(candidate, ipv4);
    await router?.shutDown(watchedOf(ipv4));
    await eventually(() => ours.session.peerAdminDown, patience);
    await sleep(1500);
    expect(ours.session).toMatchObject({ state: 'down', peerAdminDown: true, failures: 0 });
  });

  test('on the node that it is to watch, it has the port; when it ends, the port is ours', async () => {
    router = await candidate.start(line.namespace, watchedOf(ipv4), candidate.set);
    const [ours, theirs] = [line.start(), line.start(line.namespace)];
    ours.want(line.towardsPeer(ipv4));
    theirs.want(line.towardsUs(ipv4));
    await eventually(() => theirs.last.problems[0]?.includes('UDP port 3784 of 192.0.2.1 is taken'), patience);
    await router.stop();
    router = undefined;
    await eventually(() => theirs.last.problems.length === 0, patience);
    await theirs.reaches('up', theirs.last.atMs);
    expect(theirs.last.problems).toEqual([]);
  });
});
