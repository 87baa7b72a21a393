import { expect, test } from 'vitest';
import { cleanUp } from '#controller/service/clean-up.ts';
import { ServiceWrites, type ServiceWrite } from '#controller/service/writes.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';
import { service } from '../objects.ts';

const shop = service('shop');
const predecessor = { ...shop, uid: 'uid-of-the-predecessor' };

function startWrites() {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const dependencies = { api, clock, random: seededRandom(1), log: new RecordedLog(), metrics: new RecordedMetrics() };
  const queue = new WriteQueue({ daemon: 'controller', mayWrite: () => true }, dependencies);
  const shown = { version: '1' };
  const listener = { changed: () => {}, disproved: () => {}, refused: () => {} };
  const writes = new ServiceWrites(queue, () => shown.version, listener);
  const issue = (resourceVersion: string): boolean => writes.issue(writeFor(resourceVersion));
  return { api, queue, shown, writes, issue };
}

function writeFor(resourceVersion: string): ServiceWrite {
  return {
    service: shop,
    resourceVersion,
    addresses: [],
    pool: 'pool',
    priority: 'allocate',
    desired: { ips: [], pool: 'pool', conditions: [] },
    patch: () => ({ metadata: { resourceVersion } }),
    written: () => {},
  };
}

/** Versions that open requests are made for. */
function versionsOf({ open }: ScriptedKubeApi): readonly unknown[] {
  return open.map(({ request }) => ('body' in request ? request.body : undefined));
}

test('a write that waits for another one of the same name is taken back when a newer version is shown', () => {
  const { api, queue, shown, writes, issue } = startWrites();
  cleanUp(queue, predecessor);
  expect(issue('1')).toBe(true);
  shown.version = '2';
  expect(writes.shown(shop.key, '2')).toBe(true);
  expect(issue('2')).toBe(true);
  api.next().refuse(422);
  expect(versionsOf(api)).toEqual([{ metadata: { resourceVersion: '2' } }]);
});

test('a write that is in flight is not taken back: its outcome is awaited', () => {
  const { api, shown, writes, issue } = startWrites();
  expect(issue('1')).toBe(true);
  shown.version = '2';
  expect(writes.shown(shop.key, '2')).toBe(false);
  expect(issue('2')).toBe(false);
  api.next().refuse(409);
  expect(issue('2')).toBe(true);
  expect(versionsOf(api)).toEqual([{ metadata: { resourceVersion: '2' } }]);
});
