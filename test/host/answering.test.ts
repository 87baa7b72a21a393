// The wire thread on a cable to a Linux client: what its kernel believes, the same in both families.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { WireOnCable } from './wire-on-cable.ts';

const stranger = '02:50:00:00:00:66';

const plans = [
  {
    family: 'IPv4',
    own: '192.0.2.1/24',
    client: '192.0.2.9/24',
    vip: '192.0.2.100',
    outside: { network: '198.51.100.0/24', address: '198.51.100.7' },
    second: '192.0.2.77/24',
  },
  {
    family: 'IPv6',
    own: '2001:db8::1/64',
    client: '2001:db8::9/64',
    vip: '2001:db8::100',
    outside: { network: '2001:db8:1::/64', address: '2001:db8:1::7' },
    second: '2001:db8::77/64',
  },
] as const;

describe.each(plans)('$family', (plan) => {
  const { vip, outside } = plan;
  let wire: WireOnCable;
  beforeEach(async () => {
    wire = await WireOnCable.start(plan);
  });
  afterEach(() => wire.end());

  async function resolved(): Promise<void> {
    await wire.useAddress();
    expect(await wire.believed()).toBe(wire.cable.near.mac);
  }

  async function stateAfterAsking(): Promise<readonly string[] | undefined> {
    await wire.useAddress();
    return wire.state('FAILED');
  }

  test('a Linux client resolves an owned address to our MAC', async () => {
    wire.desire({});
    // A client that asks too early may learn it from an announcement instead.
    await wire.answeredOn(1);
    await resolved();
    const replies = (): number | undefined => wire.observed?.addresses[0]?.counters.replies;
    await eventually(() => replies() === 1, { withinMs: 3000, everyMs: 20 });
    expect(wire.observed?.addresses).toMatchObject([
      {
        ip: vip,
        segments: [{ segment: wire.cable.near.name, answering: true }],
        counters: { requests: 1, replies: 1 },
      },
    ]);
  });

  test('an address that another node owns is not resolved', async () => {
    wire.desire({ candidates: new Map() });
    expect(await stateAfterAsking()).toEqual(['FAILED']);
  });

  test('taking an address overrides what a client believed', async () => {
    await wire.mislead(stranger);
    expect((await wire.neighbour())?.lladdr).toBe(stranger);
    wire.desire({});
    expect(await wire.believed()).toBe(wire.cable.near.mac);
  });

  test('a client that tests whether the address is still reachable is answered', async () => {
    wire.desire({});
    await resolved();
    await wire.onClient(`neigh replace ${vip} lladdr ${wire.cable.near.mac} nud probe dev ${wire.cable.far.name}`);
    expect(await wire.state('REACHABLE')).toEqual(['REACHABLE']);
  });

  test('what is lost is not answered any more', async () => {
    wire.desire({});
    await resolved();
    wire.desire();
    await eventually(() => wire.observed?.addresses.length === 0, { withinMs: 2000, everyMs: 5 });
    await wire.onClient(`neigh flush to ${vip}`);
    expect(await stateAfterAsking()).toEqual(['FAILED']);
  });

  test('a named interface answers for an address outside of its prefixes', async () => {
    await wire.onClient(`route add ${outside.network} dev ${wire.cable.far.name}`);
    wire.desire({ ip: outside.address as Ip, interfaces: [wire.cable.near.name] });
    await wire.useAddress(outside.address);
    const look = async (): Promise<string | undefined> => (await wire.neighbour(outside.address))?.lladdr;
    expect(await eventually(look, { withinMs: 3000, everyMs: 20 })).toBe(wire.cable.near.mac);
  });

  test('a new MAC is told to clients at once', async () => {
    wire.desire({});
    await resolved();
    const mac = '02:50:00:00:00:34';
    await ip([`link set ${wire.cable.near.name} address ${mac}`]);
    expect(await wire.believed(mac, 1000)).toBe(mac);
  });

  test('after the link was down and up, clients are told again', async () => {
    wire.desire({});
    expect(await wire.answeredOn(1)).toEqual([wire.cable.near.name]);
    await ip([`link set ${wire.cable.near.name} down`]);
    expect(await wire.answeredOn(0)).toEqual([]);
    await wire.mislead(stranger);
    // Switched off, an interface loses its IPv6 addresses.
    await ip([`link set ${wire.cable.near.name} up`, `addr replace ${plan.own} dev ${wire.cable.near.name}`]);
    expect(await wire.believed()).toBe(wire.cable.near.mac);
  });

  test('a carrier that is lost is told at once, and when it returns clients are told', async () => {
    wire.desire({});
    expect(await wire.answeredOn(1)).toEqual([wire.cable.near.name]);
    await wire.onClient(`link set ${wire.cable.far.name} down`);
    expect(await wire.answeredOn(0, 500)).toEqual([]);
    await wire.onClient(`link set ${wire.cable.far.name} up`, `addr replace ${plan.client} dev ${wire.cable.far.name}`);
    await wire.mislead(stranger);
    expect(await wire.believed()).toBe(wire.cable.near.mac);
  });

  test('an interface that is deleted and made again answers again', async () => {
    wire.desire({});
    await resolved();
    await wire.replug();
    expect(await wire.answeredOn(1)).toEqual([wire.cable.near.name]);
    await resolved();
  });

  test('addresses of the host come and go', async () => {
    const address = parseIp(plan.second.split('/')[0] ?? '');
    const isTold = (): boolean => wire.observed?.hostAddresses.some((one) => one === address) === true;
    await ip([`addr add ${plan.second} dev ${wire.cable.near.name}`]);
    await eventually(isTold, { withinMs: 2000, everyMs: 5 }).catch(() => {});
    expect(isTold()).toBe(true);
    await ip([`addr del ${plan.second} dev ${wire.cable.near.name}`]);
    await eventually(() => !isTold(), { withinMs: 2000, everyMs: 5 }).catch(() => {});
    expect(isTold()).toBe(false);
  });

  test('stop ends the thread within its time, and nothing is answered afterwards', async () => {
    wire.desire({});
    await resolved();
    const startMs = performance.now();
    await wire.stop();
    expect(performance.now() - startMs).toBeLessThan(2000);
    await wire.onClient(`neigh flush to ${vip}`);
    await wire.useAddress();
    await sleep(100);
    expect((await wire.neighbour())?.lladdr).toBeUndefined();
  });
});
