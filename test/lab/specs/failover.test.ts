// Who answers for an address when nodes, speakers and endpoints go and come back, as a client and the LAN see it.
import { expect, test } from 'vitest';
import { claimsOf, watchLan } from '../capture/lan-watch.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { Prober } from '../probe/prober.ts';
import { allocated, announced, announcerOf, servicePath } from '../services.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import { echo, endpointSlice, http, l2Advertisement, lanAddresses, pool, service } from './objects.ts';
import { claimants } from './seen.ts';
import { useLab } from './use-lab.ts';

const timeout = 10_000;
/** Until the Node of a silent kubelet is no longer Ready, and the speakers have acted on it. */
const movedWithinMs = 30_000;
const lab = useLab();

interface Served {
  readonly address: string;
  readonly owner: ClusterNode;
}

/** A Service with Pods on every node that keep to themselves, so that whoever answers for the address also serves. */
async function serve(spec: Readonly<Record<string, unknown>> = {}): Promise<Served> {
  await lab().admin.apply(pool('lan', [lanAddresses.ipv4]));
  await lab().admin.apply(l2Advertisement('lan'));
  await lab().admin.create(service('web', { externalTrafficPolicy: 'Local', ports: [http, echo], ...spec }));
  const [address] = await allocated(lab(), 'web');
  const owner = await announced(lab(), 'web', address);
  return { address, owner };
}

/** The node that the client's kernel believes to have the address; nothing is sent to find out. */
async function believed(address: string): Promise<ClusterNode | undefined> {
  return lab().nodeWithMac((await lab().client.neighbour(address))?.mac);
}

async function expectAnswers(address: string): Promise<void> {
  await expect.poll(async () => (await lab().client.curl(address)).peer, { timeout }).toBe(lab().client.ipv4);
}

test('in steady state one node claims an address, however often it is asked for', async () => {
  const { address, owner } = await serve();
  expect(await claimants(lab().client, address, 20)).toEqual([owner.addresses.mac]);
});

test('a node loses its power: another one answers, tells the client so, and status names it', async () => {
  const { address, owner } = await serve();
  const prober = new Prober({ kind: 'udp', namespace: lab().client.namespace, address, port: echo.port });
  await prober.started;
  await owner.powerOff();
  await expect.poll(async () => (await believed(address))?.name, { timeout: movedWithinMs }).not.toBe(owner.name);
  const successor = await believed(address);
  await expect.poll(() => announcerOf(lab(), 'web'), { timeout: movedWithinMs }).toBe(successor);
  await expectAnswers(address);
  expect(await prober.stop()).toMatchObject({ recovered: true });
  expect(await claimants(lab().client, address)).toEqual([successor?.addresses.mac]);
});

test('a node is cut off from everything: another one answers; back again, one of them does', async () => {
  const { address, owner } = await serve();
  await Promise.all([owner.cut('lan'), owner.cut('management')]);
  await expect.poll(async () => (await believed(address))?.name, { timeout: movedWithinMs }).not.toBe(owner.name);
  await expectAnswers(address);
  expect(await claimants(lab().client, address)).not.toContain(owner.addresses.mac);
  await owner.heal();
  await expect.poll(() => claimants(lab().client, address), { timeout: movedWithinMs }).toHaveLength(1);
  await expectAnswers(address);
});

test('a speaker is killed: a client that knows the address loses nothing, and nobody else takes it', async () => {
  const { address, owner } = await serve();
  // Learned anew, the entry is believed for at least 15 s.
  await lab().client.flushNeighbours();
  await expectAnswers(address);
  await watchLan();
  const prober = new Prober({ kind: 'udp', namespace: lab().client.namespace, address, port: echo.port });
  await prober.started;
  await owner.speaker?.stop('SIGKILL');
  const restarted = await owner.startSpeaker();
  const claiming = async (): Promise<readonly string[]> => (await claimsOf(address)).map(({ mac }) => mac);
  await expect.poll(claiming, { timeout }).toEqual([owner.addresses.mac]);
  expect(await prober.stop()).toMatchObject({ lost: 0 });
  expect(restarted.running).toBe(true);
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
  expect(await announcerOf(lab(), 'web')).toBe(owner);
});

test('a node that may not announce any more hands over, and the client is told at once', async () => {
  const { address, owner } = await serve();
  await excludeUntilTestEnds(lab(), owner);
  await expect.poll(async () => (await believed(address))?.name, { timeout }).not.toBe(owner.name);
  const successor = await believed(address);
  await expectAnswers(address);
  expect(await claimants(lab().client, address)).toEqual([successor?.addresses.mac]);
});

test('of a deleted Service nobody answers for the address any more', async () => {
  const { address } = await serve();
  await lab().admin.delete(servicePath('web'));
  await expect.poll(() => claimants(lab().client, address, 2), { timeout }).toEqual([]);
});

test('without a ready endpoint nobody answers; when there is one again, the same node does', async () => {
  await lab().admin.apply(endpointSlice('web', { nodes: [1, 2, 3] }));
  const { address, owner } = await serve({ selector: undefined, externalTrafficPolicy: 'Cluster', ports: [http] });
  await lab().admin.apply(endpointSlice('web', { nodes: [1, 2, 3], ready: false }));
  await expect.poll(() => claimants(lab().client, address, 2), { timeout }).toEqual([]);
  await lab().admin.apply(endpointSlice('web', { nodes: [1, 2, 3], ready: true }));
  expect((await announced(lab(), 'web', address)).name).toBe(owner.name);
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
});
