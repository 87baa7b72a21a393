// Two replicas of the controller, one leader: killed or restarted, they give no address twice and move nobody.
import { expect, test } from 'vitest';
import type { KubeObject } from '../control-plane/admin-client.ts';
import type { Program } from '../process/program.ts';
import { controllerName, controllerPorts } from '../programs/controller.ts';
import { addressesOf, allocated, servicePath } from '../services.ts';
import { pool, service, wants } from './objects.ts';
import { allocationOf, metricOf } from './seen.ts';
import { useLab } from './use-lab.ts';

const replicas = [0, 1] as const;
/** The Lease lasts 15 s, and is asked for each 2.4 s. */
const takeoverMs = 30_000;
const handoverMs = 5_000;
const lab = useLab({ nodes: 1, controllers: replicas.length, speakers: false });

async function holder(): Promise<string> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/ingot-controller';
  return (await lab().admin.get(path))['spec'].holderIdentity;
}

/** Waits until somebody holds the Lease. */
async function leader(): Promise<{ readonly replica: number; readonly program: Program }> {
  await expect.poll(holder, { timeout: takeoverMs }).toMatch(/^controller-/);
  const identity = await holder();
  const replica = replicas.find((each) => identity.startsWith(`${controllerName(each)}_`));
  const program = replica === undefined ? undefined : lab().controllers.get(replica);
  if (replica === undefined || program === undefined) throw new Error(`Nobody knows ${identity}`);
  return { replica, program };
}

function leading(replica: number): Promise<number | undefined> {
  return metricOf(`http://127.0.0.1:${controllerPorts(replica).metrics}/metrics`, 'ingot_leader');
}

/** Every address that each Service was seen with, by name of the Service. */
class Sightings {
  readonly addresses = new Map<string, Set<string>>();

  async look(): Promise<readonly KubeObject[]> {
    const services = await lab().admin.list('/api/v1/namespaces/default/services');
    for (const each of services) {
      const seen = this.addresses.get(each.metadata.name) ?? new Set<string>();
      this.addresses.set(each.metadata.name, seen);
      for (const address of addressesOf(each)) seen.add(address);
    }
    return services;
  }
}

async function createAll(names: readonly string[], created: () => void): Promise<void> {
  const parallel = 8;
  const left = [...names];
  const work = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      await lab().admin.create(service(name, { allocateLoadBalancerNodePorts: false }));
      created();
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

test('one of two replicas leads, and both are ready', async () => {
  const { replica } = await leader();
  const both = await Promise.all(replicas.map(leading));
  expect(both).toEqual(replicas.map((each) => (each === replica ? 1 : 0)));
  for (const each of replicas) {
    const answer = await fetch(`http://127.0.0.1:${controllerPorts(each).health}/readyz`);
    expect(answer.status).toBe(200);
  }
});

test('a leader that is told to stop hands over at once', async () => {
  const { replica, program } = await leader();
  expect(await program.stop('SIGTERM')).toBe(0);
  // A follower asks each 2.4 s at most; that of a killed leader it would leave alone for 15 s.
  const others = replicas.filter((each) => each !== replica);
  await expect.poll(() => Promise.all(others.map(leading)), { timeout: handoverMs }).toEqual(others.map(() => 1));
  await lab().admin.apply(pool('small', ['192.0.2.200-192.0.2.202']));
  await lab().admin.create(service('web'));
  expect(await allocated(lab(), 'web')).toEqual(['192.0.2.200']);
});

test('the leader is killed amid 500 creations: each Service gets one address, none gets one twice', async () => {
  const names = Array.from({ length: 500 }, (_, index) => `web-${index}`);
  await lab().admin.apply(pool('large', ['198.18.0.0/22']));
  const { replica, program } = await leader();
  const sightings = new Sightings();
  let created = 0;
  const creating = createAll(names, () => {
    created++;
    if (created === 250) program.kill('SIGKILL');
  });
  await expect.poll(() => created, { timeout: 60_000 }).toBeGreaterThan(100);
  await sightings.look();
  await creating;
  await expect
    .poll(async () => (await sightings.look()).filter((each) => addressesOf(each).length === 1).length, {
      timeout: takeoverMs,
      interval: 500,
    })
    .toBe(names.length);
  const { replica: successor } = await leader();
  expect(successor).not.toBe(replica);
  const addresses = names.map((name) => [...(sightings.addresses.get(name) ?? [])]);
  expect(addresses.filter(({ length }) => length !== 1)).toEqual([]);
  expect(new Set(addresses.flat()).size).toBe(names.length);
}, 120_000);

test('all controllers are restarted while Services wait: nobody is moved', async () => {
  const { admin } = lab();
  const waiting = ['waits-1', 'waits-2', 'waits-3'];
  const served = ['has-1', 'has-2', 'has-3'];
  const wish = wants.pool('later');
  await admin.apply(pool('small', ['192.0.2.200-192.0.2.202']));
  // The older ones wait, so whoever served Services in the order of their age after a restart would rob the younger ones.
  for (const name of waiting) await admin.create(service(name, {}, wish));
  for (const name of served) await admin.create(service(name));
  for (const name of served) await allocated(lab(), name);
  for (const name of waiting) {
    await admin.patch(servicePath(name), { metadata: { annotations: { 'metallb.io/address-pool': null } } });
    await expect.poll(async () => (await allocationOf(lab(), name)).reason, { timeout: 10_000 }).toBe('PoolExhausted');
  }
  const before = await Promise.all(served.map((name) => allocationOf(lab(), name)));
  await Promise.all([...lab().controllers.values()].map((program) => program.stop('SIGKILL')));
  await lab().startIngot();
  // Who waits is served by the new leader: then it has planned, with all that it knows.
  await admin.apply(pool('more', ['192.0.2.210-192.0.2.212']));
  const sightings = new Sightings();
  for (const name of waiting) {
    const poolOf = async (): Promise<string | undefined> => {
      await sightings.look();
      return (await allocationOf(lab(), name)).pool;
    };
    await expect.poll(poolOf, { timeout: takeoverMs }).toBe('more');
  }
  expect(await Promise.all(served.map((name) => allocationOf(lab(), name)))).toEqual(before);
  const seen = served.map((name) => [...(sightings.addresses.get(name) ?? [])]);
  expect(seen).toEqual(before.map(({ addresses }) => addresses));
});
