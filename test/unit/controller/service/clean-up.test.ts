import { expect, test } from 'vitest';
import { cleanUp, type Marked } from '#controller/service/clean-up.ts';
import { queueKey, statusRequest } from '#controller/service/writes.ts';
import { objectKey } from '#shared/kube/objects/view.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';

const namespace = 'web';

function startQueue() {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const dependencies = { api, clock, random: seededRandom(1), log: new RecordedLog(), metrics: new RecordedMetrics() };
  const queue = new WriteQueue({ daemon: 'controller', mayWrite: () => true }, dependencies);
  return { api, clock, queue };
}

function marked(name: string): Marked {
  return { key: objectKey(namespace, name), namespace, name, uid: `uid-${name}` };
}

test('takes annotation and conditions off, of this very object only', () => {
  const { api, queue } = startQueue();
  cleanUp(queue, marked('shop'));
  expect(api.next().request).toMatchObject({
    name: 'shop',
    subresource: 'status',
    body: {
      metadata: { uid: 'uid-shop', annotations: { 'metallb.io/ip-allocated-from-pool': null } },
      status: {
        conditions: [
          { $patch: 'delete', type: 'ingot.dev/Allocated' },
          { $patch: 'delete', type: 'ingot.dev/Announced' },
        ],
      },
    },
  });
});

test.each([404, 422])(
  'is over when the apiserver answers %i: the object is gone, or another one has its name',
  (code) => {
    const { api, clock, queue } = startQueue();
    cleanUp(queue, marked('shop'));
    api.next().refuse(code);
    clock.advance(600_000);
    expect(api.requests).toHaveLength(1);
  },
);

test.each([200, 404, 409, 422, 500])('what follows for its successor is sent when the apiserver answers %i', (code) => {
  const { api, queue } = startQueue();
  cleanUp(queue, marked('shop'));
  const request = statusRequest({ namespace, name: 'shop' }, { status: {} });
  queue.add({ key: queueKey(marked('shop').key), priority: 'allocate', request, settled: () => {} });
  if (code === 200) api.next().ok({ metadata: { resourceVersion: '2' } });
  else api.next().refuse(code);
  expect(api.open.map((open) => open.request)).toEqual([request]);
});

test('a thousand Services deleted at once do not keep others from learning why they wait', () => {
  const { api, clock, queue } = startQueue();
  for (let index = 0; index < 1_000; index++) cleanUp(queue, marked(`gone-${index}`));
  while (api.open.length > 0) api.next().refuse(404);
  queue.add({
    key: queueKey(objectKey(namespace, 'waits')),
    priority: 'condition',
    request: statusRequest({ namespace, name: 'waits' }, {}),
    settled: () => {},
  });
  clock.advance(100);
  expect(api.open[0]?.request).toMatchObject({ name: 'waits' });
});
