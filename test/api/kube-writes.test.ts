// Writes to a real kube-apiserver: what a strategic merge patch of a Service's status does, Events, and objects that are a status.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { configurationStates } from '#shared/api/configuration-state.ts';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { KubeError, KubeRequest, Resource } from '#shared/kube/kube-api.ts';
import { events, namespaces, services } from '#shared/kube/resources.ts';
import { StatusObjects } from '#shared/kube/status-object.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ask, createService, done, kubeClient, type KubeClient, type KubeObject } from './kube-client.ts';

const namespace = 'kube-writes-test';
const soon = { withinMs: 5_000, everyMs: 20 };

let client: KubeClient;

beforeAll(async () => {
  client = await kubeClient(inject('apiserver').kubeconfigPath);
  await done(client, { verb: 'create', resource: namespaces, body: { metadata: { name: namespace } } });
});

afterAll(async () => {
  await client.api.stop();
});

async function refusal(request: KubeRequest): Promise<KubeError> {
  const answer = await ask(client, request);
  if (answer.kind === 'ok') throw new Error('it was not refused');
  return answer.error;
}

function patch(name: string, body: object): KubeRequest {
  return { verb: 'patch', patch: 'strategic', subresource: 'status', resource: services, namespace, name, body };
}

describe('a strategic merge patch of a status', () => {
  const allocated = {
    type: 'ingot.dev/Allocated',
    status: 'True',
    reason: 'Allocated',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const foreign = { ...allocated, type: 'example.com/Foreign' };
  test('merges conditions by type, replaces addresses, sets and removes the annotation', async () => {
    await createService(client, namespace, 'merged');
    await done(client, patch('merged', { status: { conditions: [foreign] } }));
    const given = await done(
      client,
      patch('merged', {
        metadata: { annotations: { 'metallb.io/ip-allocated-from-pool': 'lan' } },
        status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] }, conditions: [allocated] },
      }),
    );
    expect(given.status.conditions.map(({ type }: { type: string }) => type).toSorted()).toEqual([
      'example.com/Foreign',
      'ingot.dev/Allocated',
    ]);
    expect(given.metadata.annotations).toEqual({ 'metallb.io/ip-allocated-from-pool': 'lan' });
    const released = await done(
      client,
      patch('merged', {
        metadata: { annotations: { 'metallb.io/ip-allocated-from-pool': null } },
        status: {
          loadBalancer: { ingress: null },
          conditions: [{ $patch: 'delete', type: 'ingot.dev/Allocated' }],
        },
      }),
    );
    expect(released.metadata.annotations).toBeUndefined();
    expect(released.status).toEqual({ loadBalancer: {}, conditions: [foreign] });
  });

  test('is refused against an old version, of another object, and of none', async () => {
    const { metadata } = await createService(client, namespace, 'stale');
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.2' }] } };
    await done(client, patch('stale', { metadata: { resourceVersion: metadata.resourceVersion }, status }));
    const other = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.3' }] } } };
    const old = { metadata: { resourceVersion: metadata.resourceVersion }, ...other };
    expect(await refusal(patch('stale', old))).toMatchObject({ code: 409, reason: 'Conflict' });
    const successor = { metadata: { uid: '00000000-0000-0000-0000-000000000000' }, ...other };
    expect(await refusal(patch('stale', successor))).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(await refusal(patch('nobody', other))).toMatchObject({ code: 404, reason: 'NotFound' });
  });

  test('that changes nothing leaves the version as it is', async () => {
    await createService(client, namespace, 'noop');
    const body = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.4', ipMode: 'VIP' }] } } };
    const first = await done(client, patch('noop', body));
    const second = await done(client, patch('noop', body));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });
});

test('an Event is there, with its repeats counted', async () => {
  const { metadata } = await createService(client, namespace, 'eventful');
  const queue = new WriteQueue({ daemon: 'controller', mayWrite: () => true }, client);
  const recorder = new EventRecorder(
    { controller: 'metallb-controller', instance: 'controller-0' },
    { ...client, queue },
  );
  recorder.record({
    regarding: { apiVersion: 'v1', kind: 'Service', namespace, name: 'eventful', uid: metadata.uid },
    type: 'Normal',
    reason: 'IPAllocated',
    action: 'Allocate',
    note: `Assigned IP ["192.0.2.1"] ${'é'.repeat(1_024)}`,
  });
  const fieldSelector = `regarding.uid=${metadata.uid}`;
  const listed = await eventually(async () => {
    const { items } = await done(client, { verb: 'list', resource: events, namespace, fieldSelector, limit: 10 });
    return items[0] as KubeObject | undefined;
  }, soon);
  expect(listed).toMatchObject({
    reason: 'IPAllocated',
    action: 'Allocate',
    reportingController: 'metallb-controller',
    reportingInstance: 'controller-0',
  });
  recorder.stop();
  await new Promise<void>((stopped) => queue.stop(stopped));
  const body = { series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' } };
  const name = listed.metadata.name;
  const counted = await done(client, { verb: 'patch', patch: 'merge', resource: events, namespace, name, body });
  expect(counted.series.count).toBe(2);
});

function startWriting() {
  const queue = new WriteQueue({ daemon: 'speaker', mayWrite: () => true }, client);
  return { queue, objects: new StatusObjects({ ...client, queue }) };
}

async function read(resource: Resource, name: string): Promise<KubeObject | undefined> {
  const answer = await ask(client, { verb: 'get', resource, namespace, name });
  return answer.kind === 'ok' ? (answer.body as KubeObject) : undefined;
}

function stateWith(summary: string | undefined): Promise<KubeObject> {
  return eventually(async () => {
    const state = await read(configurationStates, 'controller');
    return state?.['status']?.errorSummary === summary && state;
  }, soon);
}

describe('an object that is a status', () => {
  const name = 'l2-0123456789abcdef';
  const l2Status = (node: string) => ({
    resource: serviceL2Statuses,
    namespace,
    name,
    labels: { 'metallb.io/node': node },
    immutable: ['node', 'serviceName', 'serviceNamespace'],
    status: { node, serviceName: 'web', serviceNamespace: namespace, interfaces: [{ name: 'eth0' }] },
  });
  const statusOf = (node: string) =>
    eventually(async () => {
      const object = await read(serviceL2Statuses, name);
      return object?.['status']?.node === node ? object : undefined;
    }, soon);

  test('is created, replaced by another node, and deleted by its own uid only', async () => {
    const [owner, successor] = [startWriting(), startWriting()];
    owner.objects.set(l2Status('n1'));
    const first = await statusOf('n1');
    successor.objects.set(l2Status('n2'));
    const second = await statusOf('n2');
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    owner.objects.delete(serviceL2Statuses, namespace, name, first.metadata.uid);
    await eventually(() => !owner.queue.has(`servicel2statuses/${namespace}/${name}`), soon);
    expect((await read(serviceL2Statuses, name))?.metadata.uid).toBe(second.metadata.uid);
    successor.objects.delete(serviceL2Statuses, namespace, name, second.metadata.uid);
    await eventually(async () => (await read(serviceL2Statuses, name)) === undefined, soon);
  });

  test('loses the fields that are not desired any more', async () => {
    const { objects } = startWriting();
    const state = (status: Record<string, unknown>): void =>
      objects.set({ resource: configurationStates, namespace, name: 'controller', labels: {}, immutable: [], status });
    state({ result: 'Invalid', errorSummary: 'pool "lan" is wrong' });
    await stateWith('pool "lan" is wrong');
    state({ result: 'Valid' });
    expect((await stateWith(undefined))['status']).toEqual({ result: 'Valid' });
  });
});
