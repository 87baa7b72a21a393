// What people and their tools can see: status objects, Events, conditions, metrics, probes.
import { expect, test } from 'vitest';
import type { ClusterNode } from '../cluster-node.ts';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { within } from '../network/namespace.ts';
import { run } from '../process/run.ts';
import { controllerPorts } from '../programs/controller.ts';
import { healthPort, metricsPort } from '../programs/speaker.ts';
import { allocated, announced, conditionOf, servicePath } from '../services.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import { configurationPath, l2Advertisement, lanAddresses, pool, service, wants } from './objects.ts';
import { claimants, configurationStateOf, metricOf, notesOn } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 15_000;
/** What must hold for 10 s before it is written, and the time to write it. */
const heldTimeout = 25_000;
const lab = useLab({ controllers: 1 });
const controller = `http://127.0.0.1:${controllerPorts(0).metrics}/metrics`;

async function serve(): Promise<{ readonly address: string; readonly owner: ClusterNode }> {
  await lab().admin.apply(pool('lan', [lanAddresses.ipv4]));
  await lab().admin.apply(l2Advertisement('lan'));
  await lab().admin.create(service('web'));
  const [address] = await allocated(lab(), 'web');
  return { address, owner: await announced(lab(), 'web', address) };
}

function metricsOf(node: ClusterNode): string {
  return `http://${node.addresses.management}:${metricsPort}/metrics`;
}

/** All ServiceL2Status objects: there is one Service in these tests. */
function statuses(): Promise<readonly KubeObject[]> {
  return lab().admin.list('/apis/metallb.io/v1beta1/namespaces/metallb-system/servicel2statuses');
}

function kubectlGet(...words: readonly string[]): Promise<string> {
  return lab().kubectl(['get', '-n', 'metallb-system', ...words]);
}

function notes(): Promise<readonly string[]> {
  return notesOn(lab(), 'Service', 'web');
}

test('a ServiceL2Status says which node announces a Service, where, and belongs to that node', async () => {
  const { address, owner } = await serve();
  const node = await lab().admin.get(`/api/v1/nodes/${owner.name}`);
  const [shown, ...others] = await statuses();
  expect(others).toEqual([]);
  expect(shown?.['status']).toEqual({
    node: owner.name,
    serviceName: 'web',
    serviceNamespace: 'default',
    interfaces: [{ name: 'eth0' }],
    ips: [address],
  });
  expect(shown?.metadata).toMatchObject({
    name: expect.stringMatching(/^l2-[0-9a-f]{16}$/),
    labels: {
      'metallb.io/node': owner.name,
      'metallb.io/service-name': 'web',
      'metallb.io/service-namespace': 'default',
    },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: owner.name, uid: node.metadata.uid }],
  });
});

test('a new owner replaces the ServiceL2Status under the same name, and says so in an Event', async () => {
  const { owner } = await serve();
  const [before] = await statuses();
  await excludeUntilTestEnds(lab(), owner);
  const rest = lab().nodes.filter((node) => node !== owner);
  const named = async (): Promise<unknown> => (await statuses())[0]?.['status']?.node;
  await expect.poll(named, { timeout }).toBeOneOf(rest.map(({ name }) => name));
  const [after, ...others] = await statuses();
  expect(others).toEqual([]);
  expect(after?.metadata.name).toBe(before?.metadata.name);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  const announcing = `nodeAssigned: announcing from node "${after?.['status'].node}" with protocol "layer2"`;
  await expect.poll(notes, { timeout }).toContain(announcing);
});

test('kubectl describe tells the life of a Service: address, node, and what it waits for', async () => {
  const { address, owner } = await serve();
  await lab().admin.create(service('waits', {}, wants.pool('nowhere')));
  const describe = (name: string): Promise<string> => lab().kubectl(['describe', 'service', name]);
  await expect.poll(() => describe('web'), { timeout }).toMatch(/Normal +nodeAssigned .*metallb-speaker/);
  const told = await describe('web');
  expect(told).toMatch(new RegExp(`IPAllocated .*metallb-controller +Assigned IP \\["${address}"\\]`));
  expect(told).toContain(`announcing from node "${owner.name}" with protocol "layer2"`);
  const failure = 'Failed to allocate IP for "default/waits": unknown pool "nowhere"';
  await expect.poll(() => describe('waits'), { timeout }).toContain(failure);
  expect(await describe('waits')).toMatch(/Warning +AllocationFailed .*metallb-controller/);
});

test('kubectl get shows who announces what, how full a pool is, and that all is well', async () => {
  const { owner } = await serve();
  expect(await kubectlGet('servicel2statuses.metallb.io')).toMatch(new RegExp(`${owner.name} +web +default`));
  await expect.poll(() => kubectlGet('configurationstates.metallb.io'), { timeout }).toMatch(/controller +Valid/);
  await expect.poll(() => kubectlGet('configurationstates.metallb.io'), { timeout }).toMatch(/speaker-n1 +Valid/);
  await expect
    .poll(() => kubectlGet('ipaddresspools.metallb.io', '-o', 'wide'), { timeout })
    .toMatch(/lan +true +false .* True +1 +39/);
});

test('the conditions of a Service follow its announcement', async () => {
  await serve();
  const announcement = async (): Promise<string> => {
    const condition = conditionOf(await lab().admin.get(servicePath('web')), 'ingot.dev/Announced');
    return `${condition?.status} ${condition?.reason}`;
  };
  expect(conditionOf(await lab().admin.get(servicePath('web')), 'ingot.dev/Allocated')).toMatchObject({
    status: 'True',
    reason: 'Allocated',
    message: 'from pool lan',
  });
  await expect.poll(announcement, { timeout: heldTimeout }).toBe('True Announced');
  await lab().admin.delete(configurationPath('l2advertisements', 'lan'));
  await expect.poll(announcement, { timeout: 2 * heldTimeout }).toBe('False NoAdvertisement');
}, 90_000);

test('an address that nobody may announce is told, with the reason, and announced once somebody may', async () => {
  const nobody = { nodeSelectors: [{ matchLabels: { room: 'attic' } }] };
  await lab().admin.apply(pool('lan', [lanAddresses.ipv4]));
  await lab().admin.apply(l2Advertisement('lan', nobody));
  await lab().admin.create(service('web'));
  const [address] = await allocated(lab(), 'web');
  const why = `noEligibleNode: no node may announce ${address}: 3 of 3 nodes: selected by no L2Advertisement that matches the Service`;
  await expect.poll(notes, { timeout }).toContain(`announceFailed: ${why}`);
  expect(await claimants(lab().client, address, 2)).toEqual([]);
  await lab().admin.apply(l2Advertisement('lan', { interfaces: ['wifi7'] }));
  await expect
    .poll(async () => (await notes()).join('\n'), { timeout })
    .toMatch(
      /announceFailed: noInterface: .* is announced nowhere: node "n\d" cannot use the interfaces that the L2Advertisement names \(wifi7: /,
    );
  await lab().admin.apply(l2Advertisement('lan', { interfaces: ['eth0'] }));
  await announced(lab(), 'web', address);
});

test('programs that are restarted repeat no Event', async () => {
  await serve();
  await expect.poll(async () => (await notes()).join('\n'), { timeout }).toMatch(/nodeAssigned/);
  const before = await notes();
  await Promise.all([
    ...Array.from(lab().controllers.values(), (program) => program.stop()),
    ...lab().nodes.map(({ speaker }) => speaker?.stop()),
  ]);
  await lab().startIngot();
  // What is new is told, so what is old would have been told by then.
  await lab().admin.create(service('next'));
  const [address] = await allocated(lab(), 'next');
  await announced(lab(), 'next', address);
  const ofNext = async (): Promise<string> => (await notesOn(lab(), 'Service', 'next')).join('\n');
  await expect.poll(ofNext, { timeout }).toMatch(/nodeAssigned/);
  expect(await notes()).toEqual(before);
});

test('metrics count pools, addresses, announcements and answers, under the names that MetalLB gave them', async () => {
  const { address, owner } = await serve();
  const ofPool = (name: string) => metricOf(controller, `metallb_allocator_${name}`, { pool: 'lan' });
  expect(await ofPool('addresses_total')).toBe(40);
  expect(await ofPool('ipv4_addresses_total')).toBe(40);
  expect(await ofPool('ipv6_addresses_total')).toBe(0);
  await expect.poll(() => ofPool('addresses_in_use_total'), { timeout }).toBe(1);
  expect(await ofPool('ipv4_addresses_in_use_total')).toBe(1);
  expect(await ofPool('services_allocated_total')).toBe(1);
  expect(await metricOf(controller, 'ingot_leader')).toBe(1);
  expect(await metricOf(controller, 'metallb_k8s_client_config_loaded_bool')).toBe(1);

  const speaker = metricsOf(owner);
  const labels = { service: 'default/web', protocol: 'layer2', node: owner.name, ip: address };
  expect(await metricOf(speaker, 'metallb_speaker_announced', labels)).toBe(1);
  const layer2 = async (name: string): Promise<number> =>
    (await metricOf(speaker, `metallb_layer2_${name}`, { ip: address })) ?? 0;
  const answeredBefore = await layer2('responses_sent');
  await claimants(lab().client, address, 3);
  await expect.poll(() => layer2('responses_sent'), { timeout }).toBeGreaterThanOrEqual(answeredBefore + 3);
  expect(await layer2('requests_received')).toBeGreaterThanOrEqual(answeredBefore + 3);
  expect(await layer2('gratuitous_sent')).toBeGreaterThan(0);
  for (const other of lab().nodes.filter((node) => node !== owner)) {
    expect(await metricOf(metricsOf(other), 'metallb_speaker_announced', { ip: address })).toBeUndefined();
  }

  await lab().admin.delete(servicePath('web'));
  await expect.poll(() => metricOf(speaker, 'metallb_speaker_announced', labels), { timeout }).toBeUndefined();
  await expect.poll(() => ofPool('addresses_in_use_total'), { timeout }).toBe(0);
});

test('the probes of all programs answer, and each speaker says whom it hears on which interface', async () => {
  await serve();
  for (const path of ['livez', 'readyz', 'healthz']) {
    const ofController = await fetch(`http://127.0.0.1:${controllerPorts(0).health}/${path}`);
    expect(ofController.status).toBe(200);
    for (const { name } of lab().nodes) {
      const answer = await run(within(name, ['curl', '-sS', '--fail', `http://127.0.0.1:${healthPort}/${path}`]));
      expect(answer).toBe('ok\n');
    }
  }
  for (const { name } of lab().nodes) {
    const ready = async () => conditionOf(await configurationStateOf(lab(), `speaker-${name}`), 'SegmentsReady');
    const message = 'eth0: 3 members, 0 suspect';
    await expect.poll(ready, { timeout: heldTimeout }).toMatchObject({ status: 'True', message });
  }
});
