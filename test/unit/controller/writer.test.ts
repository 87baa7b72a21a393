// What the writer looks at: with ten thousand Services it must be little.
import { beforeEach, expect, test } from 'vitest';
import { Announcements, type Announced } from '#controller/service/announcements.ts';
import { ServiceWrites } from '#controller/service/writes.ts';
import { Ledger } from '#controller/ledger.ts';
import { controllerMetrics } from '#controller/report/metrics.ts';
import { Writer } from '#controller/writer.ts';
import { parseConfiguration } from '#shared/config/configuration.ts';
import { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { held, pool } from './objects.ts';
import { planOf, worldOf } from './world.ts';

const configuration = parseConfiguration({ pools: new Map() }, undefined);
const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
const allocated = {
  type: 'ingot.dev/Allocated',
  status: 'True',
  reason: 'Allocated',
  message: 'from pool a',
} as const;
/** All hold what they are to hold, as their status says. */
const helds = names.map((name, index) =>
  held(name, { holds: [`10.1.0.${index}`], fromPool: 'a', conditions: [allocated] }),
);
const world = worldOf(helds, [pool('a', ['10.1.0.0/24'])]);

let clock: VirtualClock;
let writer: Writer;
let api: ScriptedKubeApi;
let looked: string[];
let services: Map<ObjectKey, ServiceView>;

beforeEach(() => {
  clock = new VirtualClock();
  api = new ScriptedKubeApi();
  looked = [];
  services = new Map(helds.map(({ service }) => [service.key, service]));
  const [log, metrics, random] = [new RecordedLog(), new RecordedMetrics(), seededRandom(1)];
  const queue = new WriteQueue({ daemon: 'controller', mayWrite: () => true }, { api, clock, random, log, metrics });
  const listener = { changed: (key: ObjectKey) => writer.touch(key), disproved: () => {}, refused: () => {} };
  writer = new Writer({
    writes: new ServiceWrites(queue, () => '1', listener),
    shown: (key) => {
      const service = services.get(key);
      if (service !== undefined) looked.push(service.name);
      return service && { service, resourceVersion: '1' };
    },
    announcements: new Announcements(clock),
    ledger: new Ledger(),
    events: new EventRecorder({ controller: 'metallb-controller', instance: 'c' }, { clock, random, log, queue }),
    clock,
    log,
    metrics: controllerMetrics(metrics),
  });
});

/** Those that were looked at, each named once. */
function lookedAt(): readonly string[] {
  return [...new Set(looked.splice(0))];
}

const keyOf = (name: string): ObjectKey => held(name).service.key;

test('a new plan: all', () => {
  writer.write(planOf(world), undefined, configuration);
  expect(lookedAt()).toEqual(names);
  writer.write(planOf(world), undefined, configuration);
  expect(lookedAt()).toEqual(names);
  expect(api.open).toEqual([]);
});

test('the same plan: those that the watch showed anew', () => {
  const plan = planOf(world);
  writer.write(plan, undefined, configuration);
  lookedAt();
  writer.write(plan, undefined, configuration);
  expect(lookedAt()).toEqual([]);
  services.set(keyOf('s7'), { ...held('s7', { holds: ['10.1.0.7'], fromPool: 'a' }).service });
  writer.touch(keyOf('s7'));
  writer.write(plan, undefined, configuration);
  expect(lookedAt()).toEqual(['s7']);
  expect(api.open).toHaveLength(1);
});

const announced = (...those: readonly string[]): Announced => ({
  services: new Set(those.map(keyOf)),
  isPartial: false,
});

test('what a speaker begins or ceases to announce', () => {
  const plan = planOf(world);
  writer.write(plan, announced('s1', 's2'), configuration);
  lookedAt();
  writer.write(plan, announced('s2', 's3'), configuration);
  expect(lookedAt().toSorted()).toEqual(['s1', 's3']);
});

test('all, when speakers begin to leave out what they announce', () => {
  const plan = planOf(world);
  writer.write(plan, announced('s1'), configuration);
  lookedAt();
  writer.write(plan, { ...announced('s1'), isPartial: true }, configuration);
  expect(lookedAt()).toEqual(names);
});

test('what has held long enough, once', () => {
  const plan = planOf(world);
  writer.write(plan, announced(), configuration);
  lookedAt();
  clock.advance(10_000);
  writer.write(plan, announced(), configuration);
  expect(lookedAt()).toEqual(names);
  // That they are on their way now is looked at once more.
  writer.write(plan, announced(), configuration);
  lookedAt();
  writer.write(plan, announced(), configuration);
  expect(lookedAt()).toEqual([]);
});

test('after a lost Lease: all', () => {
  const plan = planOf(world);
  writer.write(plan, undefined, configuration);
  lookedAt();
  writer.reset();
  writer.write(plan, undefined, configuration);
  expect(lookedAt()).toEqual(names);
});
