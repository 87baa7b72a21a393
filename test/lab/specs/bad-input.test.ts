// What users get wrong: it is told where they look, it leaves alone what works, and no daemon dies of it.
import { beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../control-plane/admin-client.ts';
import { nodeAddresses } from '../network/addresses.ts';
import { allocated, announced, conditionOf, servicePath } from '../services.ts';
import { bgpAdvertisement, configurationPath, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { allocationOf, claimants, configurationStateOf, notesOn } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 15_000;
const controller = 'controller';
const speakers = ['speaker-n1', 'speaker-n2', 'speaker-n3'] as const;
const lab = useLab();

/** Of all daemons. */
let pids: readonly number[] = [];

function daemonPids(): readonly number[] {
  const programs = [...lab().controllers.values(), ...lab().nodes.map(({ speaker }) => speaker)];
  return programs.map((program) => (program?.running === true ? program.pid : -1));
}

beforeAll(() => {
  pids = daemonPids();
});

async function apply(...objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) await lab().admin.apply(object);
}

/** What works and must go on: a Service that the client reaches. Returns its address. */
async function serve(): Promise<string> {
  await apply(pool('lan', [lanAddresses.ipv4]), l2Advertisement('lan', { ipAddressPools: ['lan'] }));
  await lab().admin.create(service('web'));
  const [address] = await allocated(lab(), 'web');
  await announced(lab(), 'web', address);
  return address;
}

async function expectStillServed(address: string): Promise<void> {
  expect(await allocationOf(lab(), 'web')).toMatchObject({ addresses: [address], reason: 'Allocated' });
  await lab().client.flushNeighbours();
  expect((await lab().client.curl(address)).pod).toMatch(/^p\d$/);
}

/** Waits until the state of each of these daemons has this result and holds this line. */
async function expectToldBy(daemons: readonly string[], result: string, line: string): Promise<void> {
  for (const daemon of daemons) {
    await expect
      .poll(async () => (await configurationStateOf(lab(), daemon))['status'], { timeout, message: daemon })
      .toMatchObject({ result, errorSummary: expect.stringContaining(line) });
  }
}

async function expectAllWell(daemons: readonly string[]): Promise<void> {
  for (const daemon of daemons) {
    await expect
      .poll(async () => (await configurationStateOf(lab(), daemon))['status'], { timeout, message: daemon })
      .toMatchObject({ result: 'Valid', errorSummary: '' });
  }
}

function expectPoolCondition(name: string, type: string, expected: object): Promise<void> {
  const condition = async () => conditionOf(await lab().admin.get(configurationPath('ipaddresspools', name)), type);
  return expect.poll(condition, { timeout, message: name }).toMatchObject(expected);
}

async function expectEvent(kind: string, name: string, note: string): Promise<void> {
  const notes = async (): Promise<string> => (await notesOn(lab(), kind, name, 'metallb-system')).join('\n');
  await expect.poll(notes, { timeout }).toContain(note);
}

/** An advertisement of the Services labelled for a node, from that node. */
function onNode(node: string): KubeObject {
  const nodeSelectors = [{ matchLabels: { 'kubernetes.io/hostname': node } }];
  return l2Advertisement(node, { serviceSelectors: [{ matchLabels: { on: node } }], nodeSelectors });
}

test('a pool with an entry that is none is frozen: it keeps what it gave, gives nothing new, and says why', async () => {
  const address = await serve();
  await apply(pool('lan', [lanAddresses.ipv4, '192.0.2.250-192.0.2.240']));
  const mistake = 'spec.addresses[1]: "192.0.2.250-192.0.2.240" starts after its end: swap the two addresses';
  await expectPoolCondition('lan', 'Ready', { status: 'False', reason: 'InvalidAddresses', message: mistake });
  await expectToldBy([controller, ...speakers], 'Invalid', `IPAddressPool lan: ${mistake}`);
  await expectEvent('IPAddressPool', 'lan', `PoolInvalid: ${mistake}`);
  await lab().admin.create(service('late'));
  await expect
    .poll(() => allocationOf(lab(), 'late'), { timeout })
    .toMatchObject({ reason: 'PoolFrozen', message: `pool lan has an error and gives no addresses: ${mistake}` });
  await expectStillServed(address);
  await apply(pool('lan', [lanAddresses.ipv4, '192.0.2.240-192.0.2.250']));
  await expectPoolCondition('lan', 'Ready', { status: 'True', reason: 'Ready' });
  await allocated(lab(), 'late');
  await expectAllWell([controller, ...speakers]);
  await expectStillServed(address);
});

test('a pool with a selector that is none says which and why', async () => {
  const address = await serve();
  const twice = { matchLabels: { room: 'attic' } };
  await apply(
    pool('key', ['198.51.100.0/28'], {
      serviceAllocation: { serviceSelectors: [{ matchLabels: { 'no key!': 'x' } }] },
    }),
    pool('value', ['198.51.100.16/28'], {
      serviceAllocation: { serviceSelectors: [{ matchLabels: { a: 'no value!' } }] },
    }),
    pool('twice', ['198.51.100.32/28'], { serviceAllocation: { namespaceSelectors: [twice, twice] } }),
  );
  const mistakes = {
    key: 'spec.serviceAllocation.serviceSelectors[0].matchLabels: "no key!" is not a label key',
    value: 'spec.serviceAllocation.serviceSelectors[0].matchLabels: "no value!" is not a label value',
    twice: 'spec.serviceAllocation.namespaceSelectors[1]: duplicate selector',
  };
  for (const [name, mistake] of Object.entries(mistakes)) {
    const message = expect.stringContaining(mistake);
    await expectPoolCondition(name, 'Ready', { status: 'False', reason: 'InvalidSelector', message });
    await expectToldBy([controller, ...speakers], 'Invalid', `IPAddressPool ${name}: ${mistake}`);
    await expectEvent('IPAddressPool', name, `PoolInvalid: ${mistake}`);
  }
  await expectStillServed(address);
});

test('pools that overlap name each other; who has an address keeps it', async () => {
  const address = await serve();
  await apply(pool('again', ['192.0.2.200/29']));
  const older =
    'CIDR "192.0.2.200-192.0.2.239" in pool "lan" overlaps with already defined CIDR "192.0.2.200/29" in pool "again"';
  const younger =
    'CIDR "192.0.2.200/29" in pool "again" overlaps with already defined CIDR "192.0.2.200-192.0.2.239" in pool "lan"';
  await expectPoolCondition('lan', 'Conflict', { status: 'True', reason: 'AddressOverlap', message: older });
  await expectPoolCondition('again', 'Conflict', { status: 'True', reason: 'AddressOverlap', message: younger });
  await expectPoolCondition('again', 'Ready', { status: 'True', reason: 'Ready' });
  await expectToldBy([controller, ...speakers], 'Invalid', younger);
  await expectEvent('IPAddressPool', 'again', `PoolConflict: ${younger}`);
  await expectEvent('IPAddressPool', 'lan', `PoolConflict: ${older}`);
  await expectStillServed(address);
  await lab().admin.delete(configurationPath('ipaddresspools', 'again'));
  await expectPoolCondition('lan', 'Conflict', { status: 'False', reason: 'NoOverlap' });
  await expectAllWell([controller, ...speakers]);
});

test('pools with addresses of the cluster are usable, with a warning', async () => {
  const address = await serve();
  await apply(
    pool('nodes', ['192.0.2.10-192.0.2.19'], { autoAssign: false }),
    pool('cluster', ['10.96.200.0/24'], { autoAssign: false }),
    l2Advertisement('nodes', { ipAddressPools: ['nodes'] }),
  );
  await expectPoolCondition('nodes', 'Ready', {
    status: 'True',
    reason: 'OverlapsNodeAddress',
    message: expect.stringContaining('192.0.2.10-192.0.2.19 contains 192.0.2.11, an address of node n1'),
  });
  await expectPoolCondition('cluster', 'Ready', {
    status: 'True',
    reason: 'OverlapsServiceCIDR',
    message: expect.stringContaining('10.96.200.0/24 overlaps with 10.96.0.0/16, which clusterIPs come from'),
  });
  await expectToldBy([controller], 'Valid', 'warning: IPAddressPool nodes: spec.addresses: 192.0.2.10-192.0.2.19');
  const { ipv4, mac } = nodeAddresses(1);
  await lab().admin.create(service('greedy', {}, { 'metallb.io/loadBalancerIPs': ipv4 }));
  await expect
    .poll(() => notesOn(lab(), 'Service', 'greedy'), { timeout })
    .toContain(
      `announceFailed: addressIsNodeAddress: ${ipv4} is an address of node "n1": take it out of the IPAddressPool`,
    );
  expect(await claimants(lab().client, ipv4, 2)).toEqual([mac]);
  await expectStillServed(address);
});

test('an advertisement with a mistake stays in force as it was before, and says what is wrong', async () => {
  const address = await serve();
  const mistake = 'spec.nodeSelectors[0].matchLabels: "no key!" is not a label key';
  await apply(l2Advertisement('lan', { nodeSelectors: [{ matchLabels: { 'no key!': 'x' } }] }));
  await expectToldBy([controller, ...speakers], 'Invalid', `L2Advertisement lan: ${mistake}`);
  await expectEvent('L2Advertisement', 'lan', `ConfigurationProblem: ${mistake}`);
  await expectStillServed(address);
  await apply(l2Advertisement('lan', { ipAddressPools: ['lan'] }));
  await expectAllWell([controller, ...speakers]);
});

test('what an advertisement says of other objects is checked, and the rest of it holds', async () => {
  const address = await serve();
  await apply(
    l2Advertisement('lan', { ipAddressPools: ['lan', 'lam'] }),
    bgpAdvertisement('wide', { ipAddressPools: ['lan'], aggregationLength: 24 }),
    bgpAdvertisement('astray', { ipAddressPools: ['lam'] }),
  );
  const unknown = 'spec.ipAddressPools[1]: IPAddressPool "lam" does not exist: the name selects nothing';
  const wide = 'spec.aggregationLength: invalid aggregation length 24: prefix 28 in this pool is more specific';
  const astray = 'spec.ipAddressPools[0]: IPAddressPool "lam" does not exist: the name selects nothing';
  await expectToldBy([controller], 'Invalid', `BGPAdvertisement wide: ${wide}`);
  await expectToldBy([controller], 'Invalid', `warning: BGPAdvertisement astray: ${astray}`);
  await expectToldBy([controller], 'Invalid', `warning: L2Advertisement lan: ${unknown}`);
  await expectToldBy(speakers, 'Valid', `warning: L2Advertisement lan: ${unknown}`);
  await expectEvent('L2Advertisement', 'lan', `ConfigurationProblem: ${unknown}`);
  await expectEvent('BGPAdvertisement', 'wide', `ConfigurationProblem: ${wide}`);
  await expectEvent('BGPAdvertisement', 'astray', `ConfigurationProblem: ${astray}`);
  await expectStillServed(address);
});

test('Services that share an address but no node that may announce both are told so', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]), onNode('n1'), onNode('n2'));
  const wish = { 'metallb.io/allow-shared-ip': 'web', 'metallb.io/loadBalancerIPs': '192.0.2.210' };
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
  const long = 'x'.repeat(100_000);
  const names = ['address-pool', 'loadBalancerIPs', 'allow-shared-ip', 'ip-allocated-from-pool'];
  const garbage = [
    '',
    ' ',
    ',',
    ',,,',
    '\u0000'.replace('\u0000', '\\0'),
    '💥',
    '{"a":[',
    '1.2.3.4,',
    '::',
    '300.1.1.1',
    '-1',
    long,
  ];
  const made = garbage.flatMap((text, index) =>
    ['metallb.io', 'metallb.universe.tf'].map((prefix, which) =>
      service(
        `garbage-${index}-${which}`,
        { allocateLoadBalancerNodePorts: false },
        Object.fromEntries(names.slice(0, text === long ? 2 : 4).map((name) => [`${prefix}/${name}`, text])),
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

test('objects as large as the apiserver takes are read like any others', async () => {
  const address = await serve();
  const values = Array.from({ length: 128 }, (_, index) => `v${index}`.padEnd(63, 'x'));
  const selectors = Array.from({ length: 32 }, (_, index) => ({
    matchExpressions: [{ key: `${'a'.repeat(253)}/${'k'.repeat(61)}${10 + index}`, operator: 'NotIn', values }],
  }));
  const addresses = Array.from({ length: 512 }, (_, index) => `198.18.${index >> 1}.${(index & 1) * 128}/25`);
  await apply(
    pool('large', addresses, { serviceAllocation: { serviceSelectors: selectors } }),
    l2Advertisement('large', { ipAddressPools: ['large'], serviceSelectors: selectors, nodeSelectors: selectors }),
  );
  await lab().admin.create(service('large', {}, { 'metallb.io/address-pool': 'large' }));
  expect(await allocated(lab(), 'large')).toEqual(['198.18.0.0']);
  await expectAllWell([controller, ...speakers]);
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
  await expectStillServed(address);
});

test('no daemon has died of any of this', () => {
  expect(daemonPids()).toEqual(pids);
  expect(pids).toHaveLength(5);
});
