// With --lb-class both daemons serve the Services of that class and no others.
import { expect, test } from 'vitest';
import { addressesOf, allocated, announced, servicePath } from '../services.ts';
import { echo, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { allocationOf, claimants, nothingSaid } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 10_000;
const ours = 'ingot.dev/lab';
const flags = [`--lb-class=${ours}`];
const lab = useLab({ controllers: 1, controllerFlags: flags, speakerFlags: flags });

test('our class gets an address and is announced; another class and none are left alone', async () => {
  const { admin } = lab();
  await admin.apply(pool('lan', [lanAddresses.ipv4]));
  await admin.apply(l2Advertisement('lan'));
  await admin.create(service('absent'));
  await admin.create(service('foreign', { loadBalancerClass: 'example.com/other' }));
  await admin.create(service('ours', { loadBalancerClass: ours }));
  const [address] = await allocated(lab(), 'ours');
  expect(address).toBe('192.0.2.200');
  await announced(lab(), 'ours', address);
  expect(await allocationOf(lab(), 'absent')).toEqual(nothingSaid);
  expect(await allocationOf(lab(), 'foreign')).toEqual(nothingSaid);
});

test('an address that another controller gave is not announced', async () => {
  const { admin } = lab();
  const foreign = '192.0.2.230';
  await admin.apply(pool('lan', [lanAddresses.ipv4]));
  await admin.apply(l2Advertisement('lan'));
  await admin.create(service('foreign', { loadBalancerClass: 'example.com/other' }));
  await admin.patch(`${servicePath('foreign')}/status`, { status: { loadBalancer: { ingress: [{ ip: foreign }] } } });
  await admin.create(service('ours', { loadBalancerClass: ours, ports: [echo] }));
  const [address] = await allocated(lab(), 'ours');
  await announced(lab(), 'ours', address);
  expect(await claimants(lab().client, foreign)).toEqual([]);
});

test('a Service whose class is taken away with its type gives the address back', async () => {
  const { admin } = lab();
  await admin.apply(pool('lan', ['192.0.2.200/32']));
  await admin.create(service('first', { loadBalancerClass: ours }));
  await allocated(lab(), 'first');
  await admin.patch(servicePath('first'), { spec: { type: 'ClusterIP', loadBalancerClass: null } });
  await expect.poll(() => allocationOf(lab(), 'first'), { timeout }).toEqual(nothingSaid);
  await admin.create(service('second', { loadBalancerClass: ours }));
  await expect
    .poll(async () => addressesOf(await admin.get(servicePath('second'))), { timeout })
    .toEqual(['192.0.2.200']);
});
