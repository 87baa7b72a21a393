// Who answers for an address when nodes, speakers and endpoints go and come back, as a client and the LAN see it.
import { expect, test } from 'vitest';
import { watchLan } from '../capture/lan-watch.ts';
import { announced, announcerOf, servicePath } from '../services.ts';
import { excludeUntilTestEnds } from './exclude.ts';
import { configurationPath, endpointSlice, http } from './objects.ts';
import { claimants } from './seen.ts';
import { claiming, learnAnew, probe, serve, successorOf } from './serve.ts';
import { useLab } from './use-lab.ts';

const timeout = 10_000;
/** Promised is a second (`npm run bench -- failover` measures it); a machine that is busy with tests may take longer. */
const movedWithinMs = 3_000;
const lab = useLab();

async function expectAnswers(address: string): Promise<void> {
  await expect.poll(async () => (await lab().client.curl(address)).peer, { timeout }).toBe(lab().client.ipv4);
}

// The first of all: an address that has just moved three times is not moved of anybody's own will (spec/layer2 §5.3).
test('a node that may not announce any more hands over: the client is told at once, and no new connection is lost', async () => {
  const { address, owner } = await serve(lab());
  await learnAnew(lab(), address);
  const prober = await probe(lab(), 'tcp', address);
  await excludeUntilTestEnds(lab(), owner);
  const successor = await successorOf(lab(), owner, address, timeout);
  await expectAnswers(address);
  expect(await prober.stop()).toMatchObject({ lost: 0 });
  expect(await claimants(lab().client, address)).toEqual([successor.addresses.mac]);
});

test('in steady state one node claims an address, however often it is asked for', async () => {
  const { address, owner } = await serve(lab());
  expect(await claimants(lab().client, address, 20)).toEqual([owner.addresses.mac]);
});

test('a node loses its power: another one answers, tells the client so, and status names it; nothing moves back', async () => {
  const { address, owner } = await serve(lab());
  const prober = await probe(lab(), 'udp', address);
  await owner.powerOff();
  const successor = await successorOf(lab(), owner, address, movedWithinMs);
  await expect.poll(() => announcerOf(lab(), 'web'), { timeout }).toBe(successor);
  await expectAnswers(address);
  const { recovered, outageMs } = await prober.stop();
  expect(recovered).toBe(true);
  expect(outageMs).toBeLessThan(movedWithinMs);
  expect(await claimants(lab().client, address)).toEqual([successor.addresses.mac]);
  await owner.powerOn();
  await lab().startIngot();
  expect(await claimants(lab().client, address)).toEqual([successor.addresses.mac]);
});

test('a node is cut off from everything: another one answers; back again, one of them does', async () => {
  const { address, owner } = await serve(lab());
  await Promise.all([owner.cut('lan'), owner.cut('management')]);
  await successorOf(lab(), owner, address, movedWithinMs);
  await expectAnswers(address);
  expect(await claimants(lab().client, address)).not.toContain(owner.addresses.mac);
  await owner.heal();
  await expect.poll(() => claimants(lab().client, address), { timeout }).toHaveLength(1);
  await expectAnswers(address);
});

const waysToFallSilent = {
  'the Service is deleted': () => lab().admin.delete(servicePath('web')),
  'the Service is of another type': () => lab().admin.patch(servicePath('web'), { spec: { type: 'ClusterIP' } }),
  'its pool is deleted': () => lab().admin.delete(configurationPath('ipaddresspools', 'lan')),
  'its advertisement is deleted': () => lab().admin.delete(configurationPath('l2advertisements', 'lan')),
};

test.each(Object.entries(waysToFallSilent))('nobody answers for an address any more when %s', async (_, fallSilent) => {
  const { address } = await serve(lab());
  await fallSilent();
  await expect.poll(() => claimants(lab().client, address, 2), { timeout }).toEqual([]);
  expect((await lab().client.neighbour(address))?.mac).toBeUndefined();
});

test('without a ready endpoint nobody answers; when there is one again, or one that still serves, the same node does', async () => {
  const nodes = [1, 2, 3] as const;
  await lab().admin.apply(endpointSlice('web', { nodes }));
  const { address, owner } = await serve(lab(), {
    selector: undefined,
    externalTrafficPolicy: 'Cluster',
    ports: [http],
  });
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

test('a cable is pulled: another node answers, and keeps the address when it is plugged in again', async () => {
  const { address, owner } = await serve(lab());
  await owner.pullCable();
  const successor = await successorOf(lab(), owner, address, movedWithinMs);
  await expectAnswers(address);
  await owner.heal();
  await expect.poll(() => claimants(lab().client, address), { timeout }).toEqual([successor.addresses.mac]);
});

test('a cable is out for a moment: the node announces its addresses anew, unasked', async () => {
  const { address, owner } = await serve(lab());
  await watchLan();
  await owner.pullCable();
  await owner.heal();
  await expect.poll(() => claiming(address), { timeout }).toEqual([owner.addresses.mac]);
  await expectAnswers(address);
});
