// Leader election on a real Lease.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LeaseElector } from '#shared/kube/lease-elector.ts';
import { leases, namespaces } from '#shared/kube/resources.ts';
import { eventually } from '#test/lab/eventually.ts';
import { done, kubeClient, type KubeClient, type KubeObject } from './kube-client.ts';

const namespace = 'kube-lease-test';
const soon = { withinMs: 5_000, everyMs: 20 };

let client: KubeClient;

beforeAll(async () => {
  client = await kubeClient(inject('apiserver').kubeconfigPath);
  await done(client, { verb: 'create', resource: namespaces, body: { metadata: { name: namespace } } });
});

afterAll(async () => {
  await client.api.stop();
});

function lease(): Promise<KubeObject> {
  return done(client, { verb: 'get', resource: leases, namespace, name: 'elected' });
}

test('of two electors one leads, and its successor follows at once when it gives up', async () => {
  const told: string[] = [];
  const elector = (identity: string): LeaseElector =>
    new LeaseElector({ namespace, name: 'elected', identity }, client, {
      acquired: () => told.push(`${identity} leads`),
      lost: (reason) => told.push(`${identity}: ${reason}`),
    });
  const [first, second] = [elector('first_1'), elector('second_2')];
  first.start();
  await eventually(() => first.leading && first.mayWrite(), soon);
  second.start();
  expect((await lease())['spec']).toMatchObject({ holderIdentity: 'first_1', leaseDurationSeconds: 15 });
  await new Promise<void>((released) => first.release(released));
  expect((await lease())['spec']).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  await eventually(() => second.leading, { withinMs: 3_000, everyMs: 20 });
  expect((await lease())['spec']).toMatchObject({ holderIdentity: 'second_2', leaseTransitions: 1 });
  expect(told).toEqual(['first_1 leads', 'second_2 leads']);
  await new Promise<void>((released) => second.release(released));
});
