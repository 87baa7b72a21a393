// What becomes of an address when the Service, its pool or its namespace changes.
import { expect, onTestFinished, test } from 'vitest';
import { conditionOf, servicePath } from '../services.ts';
import { configurationPath, lanAddresses, pool, service, wants } from './objects.ts';
import { allocationIn, allocationOf, nothingSaid, notesOn } from './seen.ts';
import { from, refused, useAllocations } from './use-allocations.ts';
import { useLab } from './use-lab.ts';

const timeout = 10_000;
const lab = useLab({ nodes: 1, controllers: 1, speakers: false });
const { apply, create, expectAllocation } = useAllocations(lab);

async function labelNamespace(team: string | null): Promise<void> {
  await lab().admin.patch('/api/v1/namespaces/default', { metadata: { labels: { team } } });
}

test('a Service that is being deleted keeps its address until it is gone', async () => {
  const setFinalizers = async (finalizers: readonly string[]): Promise<void> => {
    await lab().admin.patch(servicePath('leaving'), { metadata: { finalizers } });
  };
  await apply(pool('small', ['192.0.2.200/32']));
  await create(service('leaving'));
  await expectAllocation('leaving', from('small', '192.0.2.200'));
  await setFinalizers(['example.com/cleaning-up']);
  await lab().admin.delete(servicePath('leaving'));
  await create(service('next'));
  await expectAllocation('next', { reason: 'PoolExhausted' });
  await expectAllocation('leaving', from('small', '192.0.2.200'));
  await setFinalizers([]);
  await expectAllocation('next', from('small', '192.0.2.200'));
});

test('a Service changed to ClusterIP gives its address back and shows nothing of it; changed back it gets one', async () => {
  await apply(pool('small', ['192.0.2.200/32']));
  await create(service('changing'));
  await expectAllocation('changing', from('small', '192.0.2.200'));
  await lab().admin.patch(servicePath('changing'), { spec: { type: 'ClusterIP' } });
  await expectAllocation('changing', nothingSaid);
  await create(service('next'));
  await expectAllocation('next', from('small', '192.0.2.200'));
  await lab().admin.patch(servicePath('changing'), { spec: { type: 'LoadBalancer' } });
  await expectAllocation('changing', refused('PoolExhausted', 'no available IPs: pool small free 0 of 1 IPv4'));
  await lab().admin.delete(servicePath('next'));
  await expectAllocation('changing', from('small', '192.0.2.200'));
});

test('a pool that is edited takes along only the Services whose addresses it lost', async () => {
  await apply(pool('lan', ['192.0.2.200-192.0.2.201']));
  await create(service('moved'), service('stays', {}, wants.address('192.0.2.201')));
  await expectAllocation('moved', from('lan', '192.0.2.200'));
  await expectAllocation('stays', from('lan', '192.0.2.201'));
  await apply(pool('lan', ['192.0.2.201-192.0.2.210']));
  await expectAllocation('moved', from('lan', '192.0.2.202'));
  const cleared = 'ClearAssignment: Cleared assignment ["192.0.2.200"]: ["192.0.2.200"] is not allowed in config';
  await expect.poll(() => notesOn(lab(), 'Service', 'moved'), { timeout }).toContain(cleared);
  expect(await allocationOf(lab(), 'stays')).toEqual(from('lan', '192.0.2.201'));
});

test('Services of a removed pool wait; made anew, it serves them again', async () => {
  await apply(
    pool('lan', ['192.0.2.200-192.0.2.209']),
    pool('more', ['192.0.2.210-192.0.2.219'], { autoAssign: false }),
  );
  await create(service('web'), service('special', {}, wants.pool('more')));
  await expectAllocation('web', from('lan', '192.0.2.200'));
  await expectAllocation('special', from('more', '192.0.2.210'));
  await lab().admin.delete(configurationPath('ipaddresspools', 'more'));
  await expectAllocation('special', refused('UnknownPool', 'unknown pool "more"'));
  await apply(pool('more', ['192.0.2.215-192.0.2.219'], { autoAssign: false }));
  await expectAllocation('special', from('more', '192.0.2.215'));
  await expectAllocation('web', from('lan', '192.0.2.200'));
});

test('a pool for chosen namespaces is tried before those for everybody, and loses a Service with the label', async () => {
  onTestFinished(() => labelNamespace(null));
  await labelNamespace('blue');
  const namespaceSelectors = [{ matchLabels: { team: 'blue' } }];
  await apply(
    pool('all', ['192.0.2.200-192.0.2.209']),
    pool('blue', ['192.0.2.210-192.0.2.219'], { serviceAllocation: { namespaceSelectors } }),
  );
  await create(service('web'));
  await expectAllocation('web', from('blue', '192.0.2.210'));
  await labelNamespace('red');
  await expectAllocation('web', from('all', '192.0.2.200'));
});

test('what others wrote into the status stays, and an address that somebody took out of it comes back', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('web'));
  await expectAllocation('web', from('lan', '192.0.2.200'));
  const foreign = { type: 'example.com/Checked', status: 'True', reason: 'Checked', message: 'it is fine' };
  await lab().admin.patch(
    `${servicePath('web')}/status`,
    {
      status: {
        loadBalancer: { ingress: [{ hostname: 'web.example.com' }] },
        conditions: [{ ...foreign, lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    },
    'strategic-merge-patch+json',
  );
  await expectAllocation('web', from('lan', '192.0.2.200'));
  const web = await lab().admin.get(servicePath('web'));
  expect(web['status'].loadBalancer.ingress).toEqual([
    { ip: '192.0.2.200', ipMode: 'VIP' },
    { hostname: 'web.example.com' },
  ]);
  expect(conditionOf(web, foreign.type)).toMatchObject(foreign);
  expect(allocationIn(web)).toEqual(from('lan', '192.0.2.200'));
});
