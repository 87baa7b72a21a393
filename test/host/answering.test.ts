// The wire thread on a cable to a Linux client: what its kernel believes.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWireThread, type WireThread } from '#speaker/host/wire-thread.ts';
import { wireEntry } from '#speaker/host/wire-entry.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { DesiredAddress, WireObserved } from '#speaker/seam.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip, within } from '#test/lab/network/namespace.ts';
import { attempt, run } from '#test/lab/process/run.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { createCable, type Cable } from './cable.ts';

const vip = '192.0.2.100';
const stranger = '02:50:00:00:00:66';

let cable: Cable;
let wire: WireThread;
let observed: WireObserved | undefined;
let generation = 0;

beforeEach(async () => {
  cable = await createCable('answer', '192.0.2.9/24');
  await ip([`addr add 192.0.2.1/24 dev ${cable.near.name}`]);
  generation = 0;
  observed = undefined;
  wire = startWireThread({ entry: wireEntry() }, { log: new RecordedLog() });
  wire.channel.onMessage((message) => {
    if (message.kind === 'observed') observed = message;
  });
  await eventually(() => observed?.interfaces.some(({ name, open }) => name === cable.near.name && open), {
    withinMs: 10_000,
    everyMs: 5,
  });
});
afterEach(async () => {
  await wire.stop();
  await cable.remove();
});

function desire(...addresses: readonly Partial<DesiredAddress>[]): void {
  wire.channel.post({
    kind: 'desired',
    generation: ++generation,
    chunk: 0,
    chunks: 1,
    addresses: addresses.map((desired) => ({ ip: vip as Ip, owned: true, interfaces: 'any', ...desired })),
    excludedInterfaces: [],
  });
}

interface Neighbour {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

/** The entry that the client's kernel has for the address. */
async function neighbour(address = vip): Promise<Neighbour | undefined> {
  const listed = await run(['ip', '-n', cable.namespace ?? '', '-j', 'neigh', 'show', 'to', address]);
  return (JSON.parse(listed) as readonly Neighbour[])[0];
}

/** The client sends a datagram to the address, so that its kernel resolves it. */
async function useAddress(address = vip): Promise<void> {
  await attempt(within(cable.namespace ?? '', ['bash', '-c', `echo > /dev/udp/${address}/9`]));
}

/** What the client believes once that is `expected`, or after a while. */
async function believed(expected: string, withinMs = 3000): Promise<string | undefined> {
  const look = async (): Promise<boolean> => (await neighbour())?.lladdr === expected;
  await eventually(look, { withinMs, everyMs: 5 }).catch(() => {});
  return (await neighbour())?.lladdr;
}

/** The state of the client's entry once its kernel has asked in vain; it asks three times, a second apart. */
async function stateAfterAsking(): Promise<readonly string[] | undefined> {
  await useAddress();
  const look = async (): Promise<boolean> => (await neighbour())?.state.includes('FAILED') === true;
  await eventually(look, { withinMs: 6000 }).catch(() => {});
  return (await neighbour())?.state;
}

/** Where the address is answered, once these are `count` interfaces. */
async function answeredOn(count: number, withinMs = 2000): Promise<readonly string[] | undefined> {
  const look = (): boolean => observed?.addresses[0]?.interfaces.length === count;
  await eventually(look, { withinMs, everyMs: 5 }).catch(() => {});
  return observed?.addresses[0]?.interfaces;
}

test('a Linux client resolves an owned address to our MAC', async () => {
  desire({});
  await useAddress();
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
  await eventually(() => observed?.addresses[0]?.counters.replies === 1, { withinMs: 3000, everyMs: 20 });
  expect(observed?.addresses).toMatchObject([
    { ip: vip, interfaces: [cable.near.name], counters: { requests: 1, replies: 1 } },
  ]);
});

test('an address that another node owns is not resolved', async () => {
  desire({ owned: false });
  expect(await stateAfterAsking()).toEqual(['FAILED']);
});

test('taking an address overrides what a client believed, at once', async () => {
  await ip([`neigh replace ${vip} lladdr ${stranger} nud reachable dev ${cable.far.name}`], cable.namespace);
  expect((await neighbour())?.lladdr).toBe(stranger);
  desire({});
  expect(await believed(cable.near.mac, 1000)).toBe(cable.near.mac);
});

test('what is lost is not answered any more', async () => {
  desire({});
  await useAddress();
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
  desire();
  await eventually(() => observed?.addresses.length === 0, { withinMs: 2000, everyMs: 5 });
  await ip([`neigh flush to ${vip}`], cable.namespace);
  expect(await stateAfterAsking()).toEqual(['FAILED']);
});

test('a named interface answers for an address outside of its prefixes', async () => {
  const outside = '198.51.100.7';
  await ip([`route add 198.51.100.0/24 dev ${cable.far.name}`], cable.namespace);
  desire({ ip: outside as Ip, interfaces: [cable.near.name] });
  await useAddress(outside);
  const entry = await eventually(async () => (await neighbour(outside))?.lladdr, { withinMs: 3000, everyMs: 20 });
  expect(entry).toBe(cable.near.mac);
});

test('a new MAC is told to clients at once', async () => {
  desire({});
  await useAddress();
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
  const mac = '02:50:00:00:00:34';
  await ip([`link set ${cable.near.name} address ${mac}`]);
  expect(await believed(mac, 1000)).toBe(mac);
});

test('after the link was down and up, clients are told again', async () => {
  desire({});
  expect(await answeredOn(1)).toEqual([cable.near.name]);
  await ip([`link set ${cable.near.name} down`]);
  expect(await answeredOn(0)).toEqual([]);
  await ip([`neigh replace ${vip} lladdr ${stranger} nud reachable dev ${cable.far.name}`], cable.namespace);
  await ip([`link set ${cable.near.name} up`]);
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
});

test('a carrier that is lost is told at once, and when it returns clients are told', async () => {
  desire({});
  expect(await answeredOn(1)).toEqual([cable.near.name]);
  await ip([`link set ${cable.far.name} down`], cable.namespace);
  expect(await answeredOn(0, 500)).toEqual([]);
  await ip([`link set ${cable.far.name} up`], cable.namespace);
  await ip([`neigh replace ${vip} lladdr ${stranger} nud reachable dev ${cable.far.name}`], cable.namespace);
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
});

test('an interface that is deleted and made again answers again', async () => {
  desire({});
  await useAddress();
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
  await cable.remove();
  cable = await createCable('answer', '192.0.2.9/24');
  await ip([`addr add 192.0.2.1/24 dev ${cable.near.name}`]);
  expect(await answeredOn(1)).toEqual([cable.near.name]);
  await useAddress();
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
});

function isTold(): boolean {
  return observed?.hostAddresses.includes('192.0.2.77' as Ip) === true;
}

test('addresses of the host come and go', async () => {
  await ip([`addr add 192.0.2.77/24 dev ${cable.near.name}`]);
  await eventually(isTold, { withinMs: 2000, everyMs: 5 }).catch(() => {});
  expect(isTold()).toBe(true);
  await ip([`addr del 192.0.2.77/24 dev ${cable.near.name}`]);
  await eventually(() => !isTold(), { withinMs: 2000, everyMs: 5 }).catch(() => {});
  expect(isTold()).toBe(false);
});

test('stop ends the thread within its time, and nothing is answered afterwards', async () => {
  desire({});
  await useAddress();
  expect(await believed(cable.near.mac)).toBe(cable.near.mac);
  const startMs = performance.now();
  await wire.stop();
  expect(performance.now() - startMs).toBeLessThan(2000);
  await ip([`neigh flush to ${vip}`], cable.namespace);
  await useAddress();
  await sleep(100);
  expect((await neighbour())?.lladdr).toBeUndefined();
});
