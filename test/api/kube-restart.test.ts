// A kube-apiserver of its own dies and comes back under running watches: nothing is lost, nothing vanishes meanwhile, and no object is told or
// listed again without need.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseNode } from '#shared/kube/objects/node.ts';
import { parseService } from '#shared/kube/objects/service.ts';
import { namespaces, nodes, services } from '#shared/kube/resources.ts';
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';
import { startPrivateControlPlane } from '#test/lab/control-plane/private-control-plane.ts';
import { eventually } from '#test/lab/eventually.ts';
import { createService, done, kubeClient, watch, type KubeClient } from './kube-client.ts';

const namespace = 'kube-restart-test';
const soon = { withinMs: 15_000, everyMs: 20 };
const serviceCount = 50;

let controlPlane: ControlPlane;
let client: KubeClient;

beforeAll(async () => {
  controlPlane = await startPrivateControlPlane();
  client = await kubeClient(controlPlane.kubeconfigPath);
  await done(client, { verb: 'create', resource: namespaces, body: { metadata: { name: namespace } } });
});

afterAll(async () => {
  await client.api.stop();
  await controlPlane.stop();
});

function lists(kind: string): number {
  return client.metrics.values.get(`ingot_relists_total{kind="${kind}"}`) ?? 0;
}

test('the apiserver restarts', async () => {
  for (let index = 0; index < serviceCount; index++) await createService(client, namespace, `before-${index}`);
  const loadBalancers = watch(client, { resource: services, fieldSelector: 'spec.type=LoadBalancer' }, parseService);
  const machines = watch(client, { resource: nodes }, parseNode);
  await eventually(() => loadBalancers.watcher.synced && machines.watcher.synced, soon);
  const before = new Map(loadBalancers.watcher.objects);
  expect(before.size).toBe(serviceCount);
  loadBalancers.told.length = 0;

  await controlPlane.killApiserver();
  await eventually(() => client.log.lines.some(({ message }) => message === 'watching begins again'), soon);
  expect(new Map(loadBalancers.watcher.objects)).toEqual(before);
  await controlPlane.restartApiserver();
  const late = await controlPlane.admin.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'after', namespace },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }] },
  });
  const found = () => [...loadBalancers.watcher.objects.values()].find(({ name }) => name === 'after');
  expect((await eventually(found, soon)).uid).toBe(late.metadata.uid);

  // All that was there is the same object still, and was not told again.
  for (const [key, view] of before) expect(loadBalancers.watcher.objects.get(key)).toBe(view);
  expect(loadBalancers.told.filter((line) => line !== 'synced')).toEqual([`${namespace}/after changed`]);
  // An apiserver that has just started has no history before its start: one list each, at most.
  expect(lists('Service')).toBeLessThanOrEqual(1);
  expect(lists('Node')).toBeLessThanOrEqual(1);
  loadBalancers.watcher.stop();
  machines.watcher.stop();
});

test('a Service that is deleted while the watch is away is gone afterwards', async () => {
  const loadBalancers = watch(client, { resource: services, fieldSelector: 'spec.type=LoadBalancer' }, parseService);
  await eventually(() => loadBalancers.watcher.synced, soon);
  const name = (wanted: string) => () =>
    [...loadBalancers.watcher.objects.values()].some((view) => view.name === wanted);
  expect(name('before-0')()).toBe(true);
  await controlPlane.killApiserver();
  await controlPlane.restartApiserver();
  await controlPlane.admin.delete(`/api/v1/namespaces/${namespace}/services/before-0`);
  await eventually(() => !name('before-0')(), soon);
  expect(name('before-1')()).toBe(true);
  loadBalancers.watcher.stop();
});
