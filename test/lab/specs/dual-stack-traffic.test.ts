// What a client on the LAN gets from dual-stack Services: both addresses, by ARP and by NDP.
import { expect, test } from 'vitest';
import { claimsOf, watchLan } from '../capture/lan-watch.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { eventually } from '../eventually.ts';
import { within } from '../network/namespace.ts';
import { run } from '../process/run.ts';
import { metricsPort } from '../programs/speaker.ts';
import { allocated } from '../services.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import { l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { claimants, metricOf, notesOn, served } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 15_000;
const lab = useLab({ controllers: 1 });

interface Served {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly owner: ClusterNode;
}

/** A dual-stack Service named web whose addresses both answer. */
async function serve(spec: Readonly<Record<string, unknown>> = {}): Promise<Served> {
  await lab().admin.apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  await lab().admin.apply(l2Advertisement('lan'));
  await lab().admin.create(service('web', { ipFamilyPolicy: 'RequireDualStack', ...spec }));
  const [ipv4, ipv6 = ''] = await allocated(lab(), 'web');
  const owner = await served(lab(), 'web', ipv4);
  expect(await served(lab(), 'web', ipv6)).toBe(owner);
  return { ipv4, ipv6, owner };
}

/** The groups in which a node listens for those who ask for an address, as the kernel lists them. */
function groupsOf({ name }: ClusterNode): Promise<string> {
  return run(within(name, ['cat', '/proc/net/igmp6']));
}

test('one node answers for both addresses, and status, Event and metrics say so', async () => {
  const { ipv4, ipv6, owner } = await serve();
  expect(ipv6).toMatch(/^2001:db8:b::/);
  expect(await claimants(lab().client, ipv6)).toEqual([owner.addresses.mac]);
  expect(await claimants(lab().client, ipv4)).toEqual([owner.addresses.mac]);
  const statuses = '/apis/metallb.io/v1beta1/namespaces/metallb-system/servicel2statuses';
  const ips = async (): Promise<unknown> => (await lab().admin.list(statuses)).map(({ status }) => status?.ips);
  await expect.poll(ips, { timeout }).toEqual([[ipv4, ipv6]]);
  const announcing = `nodeAssigned: announcing from node "${owner.name}" with protocol "layer2"`;
  await expect.poll(() => notesOn(lab(), 'Service', 'web'), { timeout }).toContain(announcing);
  expect((await notesOn(lab(), 'Service', 'web')).filter((note) => note.startsWith('announceFailed'))).toEqual([]);
  const metrics = `http://${owner.addresses.management}:${metricsPort}/metrics`;
  const replies = (): Promise<number | undefined> => metricOf(metrics, 'metallb_layer2_responses_sent', { ip: ipv6 });
  await expect.poll(replies, { timeout }).toBeGreaterThan(0);
});

test('externalTrafficPolicy Local: the pod of the announcing node answers over IPv6 and sees the client', async () => {
  const { ipv6, owner } = await serve({ externalTrafficPolicy: 'Local' });
  const { pod, peer } = await lab().client.curl(ipv6);
  expect([pod, peer]).toEqual([owner.addresses.pod.name, lab().client.ipv6]);
});

test("a client's test of reachability is answered, so that its entry stays", async () => {
  const { ipv6, owner } = await serve();
  const { mac } = owner.addresses;
  await lab().client.run(['ip', 'neigh', 'replace', ipv6, 'lladdr', mac, 'nud', 'probe', 'dev', 'eth0']);
  const isReachable = async (): Promise<boolean> =>
    (await lab().client.neighbour(ipv6))?.state.includes('REACHABLE') === true;
  expect(await eventually(isReachable, { withinMs: 5000, what: `${ipv6}, reachable` })).toBe(true);
});

test('a new owner tells clients over IPv6 too; the old one is silent and listens no more', async () => {
  const { ipv6, owner } = await serve();
  const group = `ff0200000000000000000001ff0${ipv6.slice(-3).padStart(5, '0')}`;
  expect(await groupsOf(owner)).toContain(group);
  await watchLan();
  await excludeUntilTestEnds(lab(), owner);
  const successor = await eventually(
    async () => {
      const mac = (await lab().client.neighbour(ipv6))?.mac;
      return mac === owner.addresses.mac ? undefined : lab().nodeWithMac(mac);
    },
    { withinMs: timeout, what: `Another MAC of ${ipv6} at the client` },
  );
  const claims = (await claimsOf(ipv6)).map(({ mac }) => mac);
  expect(claims).toContain(successor.addresses.mac);
  expect(await claimants(lab().client, ipv6)).toEqual([successor.addresses.mac]);
  await expect.poll(() => groupsOf(owner), { timeout }).not.toContain(group);
  expect(await groupsOf(successor)).toContain(group);
});
