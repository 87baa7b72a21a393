// Mistakes and garbage on Services: each is told why it gets nothing, and the others are served.
import { expect, test } from 'vitest';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { announced, servicePath } from '../services.ts';
import { l2Advertisement, lanAddresses, pool, service, wants } from './objects.ts';
import { allocationOf, claimants, notesOn } from './seen.ts';
import { useLab } from './use-lab.ts';
import { testThatNoDaemonDied, useMistakes } from './use-mistakes.ts';

const timeout = 15_000;
const annotationNames = ['address-pool', 'loadBalancerIPs', 'allow-shared-ip', 'ip-allocated-from-pool'];
const lab = useLab();
const { apply, serve, expectStillServed } = useMistakes(lab);

/** An advertisement of the Services labelled for a node, from that node. */
function onNode(node: string): KubeObject {
  const nodeSelectors = [{ matchLabels: { 'kubernetes.io/hostname': node } }];
  return l2Advertisement(node, { serviceSelectors: [{ matchLabels: { on: node } }], nodeSelectors });
}

test('Services that share an address but no node that may announce both are told so', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]), onNode('n1'), onNode('n2'));
  const wish = { ...wants.sharing('web'), ...wants.address('192.0.2.210') };
  for (const [index, node] of ['n1', 'n2'].entries()) {
    const made = service(node, { ports: [{ name: 'http', port: 80 + index, targetPort: 8080 }] }, wish);
    await lab().admin.create({ ...made, metadata: { ...made.metadata, labels: { on: node } } });
  }
  for (const name of ['n1', 'n2']) {
    const notes = async (): Promise<string> => (await notesOn(lab(), 'Service', name)).join('\n');
    await expect.poll(notes, { timeout }).toContain('announceFailed: noEligibleNode: no node may announce 192.0.2.210');
  }
  expect(await claimants(lab().client, '192.0.2.210', 2)).toEqual([]);
});

test('whatever is written on Services, each has an address or a reason, and the others are served', async () => {
  const address = await serve();
  const longest = 'x'.repeat(60_000);
  const garbage = ['', ' ', ',', ',,,', '\\0', '💥', '{"a":[', '1.2.3.4,', '::', '300.1.1.1', '-1', longest];
  const made = garbage.flatMap((text, index) =>
    ['metallb.io', 'metallb.universe.tf'].map((prefix) =>
      service(
        `garbage-${index}-${prefix.replaceAll('.', '-')}`,
        { allocateLoadBalancerNodePorts: false },
        Object.fromEntries(annotationNames.map((name) => [`${prefix}/${name}`, text])),
      ),
    ),
  );
  for (const each of made) await lab().admin.create(each);
  for (const { metadata } of made) {
    await expect
      .poll(() => allocationOf(lab(), metadata.name), { timeout, message: metadata.name })
      .toMatchObject({
        allocated: expect.stringMatching(/^(True|False)$/),
        reason: expect.stringMatching(/^[A-Z]\w+$/),
      });
  }
  await expectStillServed(address);
});

test('whatever is written into the status of a Service, it is put right', async () => {
  const address = await serve();
  const ingresses = [
    [{ ip: '2001:DB8:0:0::B' }, { ip: '2001:db8::b' }],
    [{ ip: '203.0.113.99' }],
    [{ ip: address }, { ip: address }, { ip: '192.0.2.239' }],
    Array.from({ length: 500 }, (_, index) => ({ ip: `198.18.${index >> 8}.${index & 255}` })),
  ];
  for (const ingress of ingresses) {
    await lab().admin.patch(`${servicePath('web')}/status`, { status: { loadBalancer: { ingress } } });
    await expect
      .poll(async () => (await lab().admin.get(servicePath('web')))['status'].loadBalancer.ingress, { timeout })
      .toEqual([{ ip: address, ipMode: 'VIP' }]);
  }
  await announced(lab(), 'web', address);
  await expect.poll(async () => (await lab().client.curl(address)).pod, { timeout }).toMatch(/^p\d$/);
});

testThatNoDaemonDied(lab);
