// Neighbour discovery on a real kernel: groups and their reports, duplicate address detection, and what a station does that breaks the rules.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { keep } from '#speaker/l2/classic-bpf.ts';
import { Ipv6Groups } from '#speaker/host/ipv6-groups.ts';
import { multicastMac, solicitedNodeGroup, solicitedNodeGroupOf } from '#speaker/l2/ipv6-multicast.ts';
import { decodeNdpFrame, encodeNdpFrame, ndpProbe, type NdpFrame } from '#speaker/l2/ndp.ts';
import { coarseNdpFilter } from '#speaker/l2/ndp-filter.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip as configure, within } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';
import { createCable, type Cable, type CableEnd } from './cable.ts';
import { WireOnCable } from './wire-on-cable.ts';

const plan = { own: '2001:db8::1/64', client: '2001:db8::9/64', vip: '2001:db8::12:3456' } as const;

/** Solicited-node groups that the kernel listens to on an interface, as the last three octets of each. */
function groupsOn({ name }: CableEnd): readonly string[] {
  const lines = readFileSync('/proc/net/igmp6', 'utf8').split('\n');
  return lines
    .map((line) => line.split(/\s+/))
    .filter(([, on, group]) => on === name && group?.startsWith('ff0200000000000000000001ff') === true)
    .map(([, , group]) => group?.slice(-6) ?? '');
}

describe('a speaker and a Linux client', () => {
  let wire: WireOnCable;
  beforeEach(async () => {
    wire = await WireOnCable.start(plan);
  });
  afterEach(() => wire.end());

  const listens = (end: string): Promise<boolean> =>
    eventually(() => groupsOn(wire.cable.near).includes(end), { withinMs: 2000, everyMs: 5 }).catch(() => false);

  test('the group of an owned address is joined, and left when the last address of the group is lost', async () => {
    const sameGroup = '2001:db8::5612:3456' as Ip;
    wire.desire({}, { ip: sameGroup });
    expect(await listens('123456')).toBe(true);
    wire.desire({ ip: sameGroup });
    await eventually(() => wire.observed?.addresses.length === 1, { withinMs: 2000, everyMs: 5 });
    expect(groupsOn(wire.cable.near)).toContain('123456');
    wire.desire();
    await eventually(() => !groupsOn(wire.cable.near).includes('123456'), { withinMs: 2000, everyMs: 5 });
  });

  test('a client that gives itself an owned address finds it taken', async () => {
    wire.desire({});
    expect(await wire.answeredOn(1)).toEqual([wire.cable.near.name]);
    const { far, namespace = '' } = wire.cable;
    const detect = `echo 1 > /proc/sys/net/ipv6/conf/${far.name}/accept_dad`;
    await run(within(namespace, ['sh', '-c', detect]));
    await wire.onClient(`addr add ${plan.vip}/64 dev ${far.name}`);
    const failed = async (): Promise<boolean> =>
      (await run(['ip', '-n', namespace, 'addr', 'show', 'dev', far.name, 'dadfailed'])).includes(plan.vip);
    expect(await eventually(failed, { withinMs: 4000, everyMs: 20 })).toBe(true);
  });

  test('without a link-local address IPv6 is silent, and when there is one again it is announced', async () => {
    wire.desire({});
    expect(await wire.answeredOn(1)).toEqual([wire.cable.near.name]);
    const [linkLocal] = /fe80::\S+/.exec(await run(['ip', 'addr', 'show', 'dev', wire.cable.near.name])) ?? [];
    await configure([`addr del ${linkLocal} dev ${wire.cable.near.name}`]);
    expect(await wire.answeredOn(0)).toEqual([]);
    await eventually(() => !groupsOn(wire.cable.near).includes('123456'), { withinMs: 2000, everyMs: 5 });
    await wire.mislead('02:50:00:00:00:66');
    await configure([`addr add ${linkLocal} dev ${wire.cable.near.name} nodad`]);
    expect(await wire.believed()).toBe(wire.cable.near.mac);
    expect(groupsOn(wire.cable.near)).toContain('123456');
  });
});

/** Whoever hears and sends neighbour discovery by hand. */
class Station {
  readonly heard: { readonly atMs: number; readonly frame: NdpFrame }[] = [];
  readonly socket: PacketSocket;

  constructor({ index }: CableEnd) {
    const filter = { program: coarseNdpFilter, coarse: coarseNdpFilter };
    const opened = linuxPacketSockets.open(
      { interfaceIndex: index, etherType: 0x86dd, filter },
      { frame: (bytes) => this.heard.push({ atMs: performance.now(), frame: decodeNdpFrame(bytes) }), failed() {} },
    );
    if ('code' in opened) throw new Error(`${opened.call} failed with ${opened.code}`);
    this.socket = opened;
  }

  advertisements(solicited: boolean): readonly Ip[] {
    return this.heard.flatMap(({ frame: { message } }) =>
      message.kind === 'advertisement' && message.solicited === solicited ? [message.target] : [],
    );
  }
}

describe('a speaker and a station', () => {
  const asker = '2001:db8::9' as Ip;
  let wire: WireOnCable;
  let station: Station;
  beforeEach(async () => {
    wire = await WireOnCable.start({ own: plan.own, vip: plan.vip });
    station = new Station(wire.cable.far);
  });
  afterEach(async () => {
    station.socket.close();
    await wire.end();
  });

  function solicitation(target: Ip): Uint8Array {
    const group = solicitedNodeGroup(target);
    const { mac } = wire.cable.far;
    return encodeNdpFrame({
      ethernet: { destination: multicastMac(group), source: mac, etherType: 0x86dd },
      source: asker,
      destination: group,
      message: { kind: 'solicitation', target, options: [{ kind: 'sourceLinkLayerAddress', mac }] },
    });
  }

  test('a question with hop limit 254 or a wrong checksum is not answered; the same one without fault is', async () => {
    const vip = plan.vip as Ip;
    wire.desire({});
    await wire.answeredOn(1);
    const question = solicitation(vip);
    for (const offset of [21, 57]) station.socket.send(question.with(offset, (question[offset] ?? 0) ^ 1));
    await sleep(100);
    expect(station.advertisements(true)).toEqual([]);
    station.socket.send(question);
    await eventually(() => station.advertisements(true).length > 0, { withinMs: 2000, everyMs: 5 });
    expect(station.heard.at(-1)?.frame).toEqual({
      ethernet: { destination: wire.cable.far.mac, source: wire.cable.near.mac, etherType: 0x86dd },
      source: vip,
      destination: asker,
      message: {
        kind: 'advertisement',
        router: false,
        solicited: true,
        override: true,
        target: vip,
        options: [{ kind: 'targetLinkLayerAddress', mac: wire.cable.near.mac }],
      },
    });
  });

  test('who probes for an owned address is told by an advertisement to all that it is taken', async () => {
    wire.desire({});
    await eventually(() => station.advertisements(false).length === 2, { withinMs: 2000, everyMs: 5 });
    station.socket.send(encodeNdpFrame(ndpProbe(wire.cable.far.mac, plan.vip as Ip)));
    await eventually(() => station.advertisements(false).length === 3, { withinMs: 500, everyMs: 5 });
    expect(station.heard.at(-1)?.frame).toMatchObject({
      ethernet: { destination: '33:33:00:00:00:01' },
      destination: 'ff02::1',
      message: { solicited: false, override: true, target: plan.vip },
    });
  });

  test('each of 1,000 addresses is announced and its group joined; when they are lost the groups are left', async () => {
    const ips = Array.from({ length: 1000 }, (_, at) => `2001:db8::${(at + 0x1000).toString(16)}` as Ip);
    wire.desire(...ips.map((ip) => ({ ip })));
    await eventually(() => new Set(station.advertisements(false)).size >= ips.length, {
      withinMs: 10_000,
      everyMs: 50,
    });
    expect(groupsOn(wire.cable.near).length).toBeGreaterThanOrEqual(1000);
    wire.desire();
    await eventually(() => groupsOn(wire.cable.near).length < 10, { withinMs: 5000, everyMs: 20 });
  });
});

/** To all routers that listen to MLDv2 (RFC 3810 §5.2.14), about the group of an address that ends in 12:3456. */
function isReport(frame: string): boolean {
  return frame.startsWith('333300000016') && frame.includes('ff0200000000000000000001ff123456');
}

describe('groups', () => {
  let cable: Cable;
  beforeEach(async () => {
    cable = await createCable('groups');
  });
  afterEach(() => cable.remove());

  test('more of them than one socket holds are joined, left, and all left when their packet socket closes', () => {
    const { socket } = new Station(cable.near);
    const before = groupsOn(cable.near).length;
    const groups = Array.from({ length: 1000 }, (_, at) => solicitedNodeGroupOf(0x100000 + at));
    expect(groups.flatMap((group) => socket.join(group) ?? [])).toEqual([]);
    expect(groupsOn(cable.near)).toHaveLength(before + 1000);
    for (const group of groups.slice(0, 300)) socket.leave(group);
    expect(groupsOn(cable.near)).toHaveLength(before + 700);
    socket.close();
    expect(groupsOn(cable.near)).toHaveLength(before);
    expect(socket.join(solicitedNodeGroupOf(1))).toEqual({ call: 'setsockopt', code: 'EBADF' });
  });

  test('switches are told by an MLD report which groups are listened to', async () => {
    const everything = [keep(256)];
    const reported: string[] = [];
    const far = linuxPacketSockets.open(
      {
        interfaceIndex: cable.far.index,
        etherType: 0x86dd,
        filter: { program: everything, coarse: everything },
      },
      { frame: (bytes) => reported.push(Buffer.from(bytes).toString('hex')), failed() {} },
    );
    const { socket } = new Station(cable.near);
    expect(socket.join(solicitedNodeGroupOf(0x123456))).toBeUndefined();
    expect(await eventually(() => reported.some(isReport), { withinMs: 5000, everyMs: 5 })).toBe(true);
    socket.close();
    if (!('code' in far)) far.close();
  });

  test('on an interface that is gone none can be joined, and leaving one is no fault', async () => {
    const gone = await createCable('gone');
    const groups = new Ipv6Groups(gone.near.index);
    groups.join(solicitedNodeGroupOf(1));
    await gone.remove();
    expect(() => groups.join(solicitedNodeGroupOf(2))).toThrow('setsockopt failed with ENODEV');
    groups.leave(solicitedNodeGroupOf(1));
    groups.close();
  });
});
