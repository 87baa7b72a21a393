// How fast Services get their addresses, beside the fastest that the same apiserver stores as many statuses. Both are measured on the same
// Services, turn by turn, by the same watch.
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';
import { startPrivateControlPlane } from '#test/lab/control-plane/private-control-plane.ts';
import { AllocationWatch } from './allocate/allocation-watch.ts';
import { Floor } from './allocate/floor.ts';
import { connect, patchEach, type PatchTask } from './allocate/patch-each.ts';
import { measurePlanMs } from './allocate/plan-time.ts';
import { RunningController } from './allocate/running-controller.ts';
import { createServices, emptyStatus } from './allocate/services.ts';
import { summarise, type Bench, type BenchOptions } from './bench.ts';

const namespace = 'bench';
/** As many as the controller has in flight at most. */
const concurrency = 32;

export const allocate: Bench = {
  name: 'allocate',
  async run(options) {
    for (const services of options.smoke ? [100] : [1_000, 10_000]) {
      // A cluster for each: Services of another measurement would want addresses too.
      const controlPlane = await startPrivateControlPlane();
      try {
        const bundle = await RunningController.build(controlPlane);
        await measure(services, { controlPlane, bundle }, options);
      } finally {
        await controlPlane.stop();
      }
    }
  },
};

interface Cluster {
  readonly controlPlane: ControlPlane;
  /** The controller, bundled. */
  readonly bundle: string;
}

interface Round {
  readonly oursSeconds: number;
  readonly floorSeconds: number;
  readonly rssMb: number;
  readonly planMs: number;
}

async function measure(services: number, cluster: Cluster, { rounds, report, log }: BenchOptions): Promise<void> {
  log(`${services} Services: creating them`);
  const { controlPlane } = cluster;
  const { url, certificates } = controlPlane;
  const { admin, authority } = certificates;
  const names = await createServices(controlPlane, namespace, services, concurrency, log);
  const task: PatchTask = {
    url,
    namespace,
    names,
    concurrency,
    authority: authority.certificate,
    certificate: admin.certificate,
    key: admin.key,
  };
  const done: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    // Turn by turn in changing order: a machine that gets slower or faster does so for both.
    const first = round % 2 === 0 ? undefined : await measureFloor(controlPlane, task);
    const ours = await measureOurs(cluster, task);
    const floorSeconds = first ?? (await measureFloor(controlPlane, task));
    done.push({ ...ours, floorSeconds, planMs: await measurePlanMs(controlPlane, namespace) });
    log(
      `${services} Services, round ${round + 1} of ${rounds}: ${ours.oursSeconds.toFixed(2)} s, limit ${floorSeconds.toFixed(2)} s`,
    );
  }
  const figure = (metric: string, unit: string, value: (round: Round) => number): void =>
    report({ services, ...summarise(metric, unit, done.map(value)) });
  figure('seconds_to_all_allocated', 's', ({ oursSeconds }) => oursSeconds);
  figure('floor_seconds', 's', ({ floorSeconds }) => floorSeconds);
  figure('ratio_to_floor', '', ({ oursSeconds, floorSeconds }) => floorSeconds / oursSeconds);
  figure('writes_per_second', '1/s', ({ oursSeconds }) => services / oursSeconds);
  figure('plan_ms', 'ms', ({ planMs }) => planMs);
  figure('controller_rss_mb', 'MB', ({ rssMb }) => rssMb);
}

/** From the pool's creation, with the controller running and waiting for it, until the last Service has its address. */
async function measureOurs(
  { controlPlane, bundle }: Cluster,
  task: PatchTask,
): Promise<Pick<Round, 'oursSeconds' | 'rssMb'>> {
  const watch = await AllocationWatch.start(controlPlane, namespace);
  const controller = await RunningController.start(controlPlane, bundle);
  try {
    // It leads and has seen the Services: it says of them, slowly, that there is no pool.
    await watch.touched();
    const startedMs = performance.now();
    await controller.createPool(task.names.length);
    await watch.reached(task.names.length);
    const oursSeconds = (performance.now() - startedMs) / 1000;
    return { oursSeconds, rssMb: controller.peakRssMb() };
  } finally {
    watch.stop();
    await controller.stop();
    await empty(task);
  }
}

async function measureFloor(controlPlane: ControlPlane, task: PatchTask): Promise<number> {
  const watch = await AllocationWatch.start(controlPlane, namespace);
  const floor = await Floor.prepare(task);
  const startedMs = performance.now();
  await Promise.all([floor.run(), watch.reached(task.names.length)]);
  const seconds = (performance.now() - startedMs) / 1000;
  watch.stop();
  await empty(task);
  return seconds;
}

async function empty(task: PatchTask): Promise<void> {
  const agent = connect(task);
  await patchEach(task, agent, emptyStatus);
  await agent.close();
}
