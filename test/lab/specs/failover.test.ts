// Who answers for an address when nodes, speakers and endpoints go and come back, as a client and the LAN see it.
import { expect, test } from 'vitest';
import { claimsOf, watchLan } from '../capture/lan-watch.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { eventually } from '../eventually.ts';
import { Prober } from '../probe/prober.ts';
import { allocated, announced, announcerOf, servicePath } from '../services.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import {
  configurationPath,
  echo,
  endpointSlice,
  http,
  l2Advertisement,
  lanAddresses,
  pool,
  service,
} from './objects.ts';
import { claimants, readinessOf, served } from './seen.ts';
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
  const owner = await served(lab(), 'web', address);
  return { address, owner };
}

/** The other node that the client's kernel comes to believe to have the address. Nothing is sent to find out. */
function successorOf(owner: ClusterNode, address: string): Promise<ClusterNode> {
  return eventually(
    async () => {
      const believed = lab().nodeWithMac((await lab().client.neighbour(address))?.mac);
      return believed === owner ? undefined : believed;
    },
    { withinMs: movedWithinMs, what: `A successor of ${owner.name}` },
  );
}

/** The MAC addresses that have claimed it since the LAN is watched, asked or not. */
async function claiming(address: string): Promise<readonly string[]> {
  return (await claimsOf(address)).map(({ mac }) => mac);
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
  const successor = await successorOf(owner, address);
  await expect.poll(() => announcerOf(lab(), 'web'), { timeout: movedWithinMs }).toBe(successor);
  await expectAnswers(address);
  expect(await prober.stop()).toMatchObject({ recovered: true });
  expect(await claimants(lab().client, address)).toEqual([successor.addresses.mac]);
});

test('a node is cut off from everything: another one answers; back again, one of them does', async () => {
  const { address, owner } = await serve();
  await Promise.all([owner.cut('lan'), owner.cut('management')]);
  await successorOf(owner, address);
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
  const prober = new Prober({ kind: 'tcp', namespace: lab().client.namespace, address, port: http.port });
  await prober.started;
  await owner.speaker?.stop('SIGKILL');
  const restarted = await owner.startSpeaker();
  await expect.poll(() => claiming(address), { timeout }).toEqual([owner.addresses.mac]);
  expect(await prober.stop()).toMatchObject({ lost: 0 });
  expect(restarted.running).toBe(true);
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
  expect(await announcerOf(lab(), 'web')).toBe(owner);
});

test('all speakers are restarted one after the other: nothing is lost, and nobody else takes the address', async () => {
  const { address, owner } = await serve();
  await lab().client.flushNeighbours();
  await expectAnswers(address);
  await watchLan();
  const prober = new Prober({ kind: 'tcp', namespace: lab().client.namespace, address, port: http.port });
  await prober.started;
  for (const node of lab().nodes) {
    await node.speaker?.stop('SIGTERM');
    await node.startSpeaker();
    await expect.poll(() => readinessOf(node), { timeout }).toBe('ok\n');
  }
  await expect.poll(() => claiming(address), { timeout }).toEqual([owner.addresses.mac]);
  expect(await prober.stop()).toMatchObject({ lost: 0 });
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
});

test('the apiserver is away: addresses are answered all the same, and new Services are served afterwards', async () => {
  const { address, owner } = await serve();
  await lab().controlPlane.killApiserver();
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
  await expectAnswers(address);
  await lab().controlPlane.restartApiserver();
  await lab().admin.create(service('late'));
  const [late] = await allocated(lab(), 'late');
  await announced(lab(), 'late', late);
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
});

test('a node that may not announce any more hands over, and the client is told at once', async () => {
  const { address, owner } = await serve();
  await excludeUntilTestEnds(lab(), owner);
  const successor = await successorOf(owner, address);
  await expectAnswers(address);
  expect(await claimants(lab().client, address)).toEqual([successor.addresses.mac]);
});

const waysToFallSilent = {
  'the Service is deleted': () => lab().admin.delete(servicePath('web')),
  'the Service is of another type': () => lab().admin.patch(servicePath('web'), { spec: { type: 'ClusterIP' } }),
  'its pool is deleted': () => lab().admin.delete(configurationPath('ipaddresspools', 'lan')),
  'its advertisement is deleted': () => lab().admin.delete(configurationPath('l2advertisements', 'lan')),
};

test.each(Object.entries(waysToFallSilent))('nobody answers for an address any more when %s', async (_, fallSilent) => {
  const { address } = await serve();
  await fallSilent();
  await expect.poll(() => claimants(lab().client, address, 2), { timeout }).toEqual([]);
  expect((await lab().client.neighbour(address))?.mac).toBeUndefined();
});

test('without a ready endpoint nobody answers; when there is one again, or one that still serves, the same node does', async () => {
  const nodes = [1, 2, 3] as const;
  await lab().admin.apply(endpointSlice('web', { nodes }));
  const { address, owner } = await serve({ selector: undefined, externalTrafficPolicy: 'Cluster', ports: [http] });
  const ready = { ready: true };
  const stillServing = { ready: false, serving: true, terminating: true };
  for (const conditions of [ready, stillServing]) {
    await lab().admin.apply(endpointSlice('web', { nodes, conditions: { ready: false } }));
    await expect.poll(() => claimants(lab().client, address, 2), { timeout }).toEqual([]);
    await lab().admin.apply(endpointSlice('web', { nodes, conditions }));
    expect((await announced(lab(), 'web', address)).name).toBe(owner.name);
    expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
    await expect.poll(async () => (await lab().client.curl(address)).pod, { timeout }).toMatch(/^p\d$/);
  }
});

test('a cable that was pulled is plugged in again: the node announces its addresses anew, unasked', async () => {
  const { address, owner } = await serve();
  await owner.pullCable();
  await expect(lab().client.curl(address)).rejects.toThrow(/ended with (7|28)/);
  await watchLan();
  await owner.heal();
  await expect.poll(() => claiming(address), { timeout }).toEqual([owner.addresses.mac]);
  await expectAnswers(address);
});
