// Mistakes in pools and advertisements: told where people look, and harmless to what works.
import { expect, test } from 'vitest';
import { nodeAddresses } from '../network/addresses.ts';
import { allocated } from '../services.ts';
import { bgpAdvertisement, configurationPath, l2Advertisement, lanAddresses, pool, service, wants } from './objects.ts';
import { allocationOf, claimants, notesOn } from './seen.ts';
import { useLab } from './use-lab.ts';
import { controller, speakers, testThatNoDaemonDied, useMistakes } from './use-mistakes.ts';

const timeout = 15_000;
const lab = useLab();
const { apply, serve, expectStillServed, expectToldBy, expectAllWell, expectPoolCondition, expectEvent } =
  useMistakes(lab);

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
  await lab().admin.create(service('greedy', {}, wants.address(ipv4)));
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
  await lab().admin.create(service('large', {}, wants.pool('large')));
  expect(await allocated(lab(), 'large')).toEqual(['198.18.0.0']);
  await expectAllWell([controller, ...speakers]);
  await expectStillServed(address);
});

testThatNoDaemonDied(lab);
