// The sockets of BFD on a real kernel: who hears what, with which hop limit, and what is told when there is none.
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { BfdReceiver, BfdSender, LocalPath } from '#speaker/bfd/bfd-sockets.ts';
import { linuxBfdSockets } from '#speaker/host/linux-bfd-sockets.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { accept } from '#speaker/l2/classic-bpf.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';
import { createCable, type Cable } from './cable.ts';
import { UdpStation } from './udp-station.ts';

interface Pair {
  readonly name: string;
  readonly own: Ip;
  readonly peer: Ip;
  readonly linkLocal?: true;
}

const pairs: readonly Pair[] = [
  { name: 'IPv4', own: '192.0.2.1' as Ip, peer: '192.0.2.2' as Ip },
  { name: 'IPv6', own: '2001:db8:b::1' as Ip, peer: '2001:db8:b::2' as Ip },
  { name: 'link-local', own: 'fe80::b:1' as Ip, peer: 'fe80::b:2' as Ip, linkLocal: true },
];
const stranger: Readonly<Record<string, Ip>> = { IPv4: '192.0.2.9' as Ip, IPv6: '2001:db8:b::9' as Ip };
const patience = { withinMs: 2000, everyMs: 5 };

let cable: Cable;
let station: UdpStation;
let open: (BfdReceiver | BfdSender)[] = [];
beforeEach(async () => {
  cable = await createCable('bfds');
  const { near, far } = cable;
  await ip(
    pairs.flatMap(({ own, peer }) => [
      `addr add ${own}/${own.includes(':') ? '64' : '24'} dev ${near.name}${own.includes(':') ? ' nodad' : ''}`,
      `neigh replace ${peer} lladdr ${far.mac} dev ${near.name}`,
    ]),
  );
  station = new UdpStation(far);
});
afterEach(async () => {
  for (const socket of open) socket.close();
  open = [];
  station.close();
  await cable.remove();
});

interface Listening {
  readonly receiver: BfdReceiver;
  readonly heard: string[];
}

const pathOf = ({ own, linkLocal }: Pair, multihop = false): LocalPath => ({
  local: own,
  interfaceIndex: linkLocal && cable.near.index,
  multihop,
});

function listen(path: LocalPath): Listening {
  const heard: string[] = [];
  const receiver = linuxBfdSockets.listen(path, {
    datagram: (octets, source, hopLimit) => void heard.push(`${Buffer.from(octets).toString()} ${source} ${hopLimit}`),
    failed: ({ call, code }) => void heard.push(`${call} ${code}`),
  });
  if ('code' in receiver) throw new Error(`${receiver.call} failed with ${receiver.code}`);
  open.push(receiver);
  return { receiver, heard };
}

function sender(pair: Pair, sourcePort: number, multihop = false): BfdSender {
  const opened = linuxBfdSockets.open({ ...pathOf(pair, multihop), remote: pair.peer }, sourcePort);
  if ('code' in opened) throw new Error(`${opened.call} failed with ${opened.code}`);
  open.push(opened);
  return opened;
}

/** Octets that wait in the socket of the port. */
async function queuedOn(port: number): Promise<number> {
  const sockets = await run(['ss', '-Hunal', `sport = :${port}`]);
  return Number(sockets.trim().split(/\s+/)[1]);
}

describe.each(pairs)('over $name', (pair) => {
  const { own, peer } = pair;
  const send = (port: number, hopLimit: number, text: string): void =>
    station.send({ from: { ip: peer, port: 50_000 }, to: { ip: own, port }, hopLimit, text }, cable.near.mac);

  test('of one hop only what has passed no router is heard', async () => {
    const { heard } = listen(pathOf(pair));
    for (const hopLimit of [254, 64, 1, 255]) send(3784, hopLimit, 'x');
    await eventually(() => heard.length > 0, patience);
    expect(heard).toEqual([`x ${peer} 255`]);
  });

  test('of several hops everything is heard, with the hop limit that it came with', async () => {
    const { heard } = listen(pathOf(pair, true));
    for (const hopLimit of [254, 64, 1, 255]) send(4784, hopLimit, 'x');
    await eventually(() => heard.length === 4, patience);
    expect(heard).toEqual([254, 64, 1, 255].map((hopLimit) => `x ${peer} ${hopLimit}`));
  });

  test('what waits can be taken in at once, in the middle of a turn', () => {
    const { receiver, heard } = listen(pathOf(pair));
    for (let count = 0; count < 300; count++) send(3784, 255, 'x');
    expect(heard).toEqual([]);
    receiver.receiveWaiting();
    expect(heard).toHaveLength(300);
  });

  test('what is sent leaves with hop limit 255, from the port that was asked for', async () => {
    expect(sender(pair, 50_001).send(Buffer.from('one'))).toBe('sent');
    expect(sender(pair, 50_002, true).send(Buffer.from('several'))).toBe('sent');
    await eventually(() => station.heard.length === 2, patience);
    expect(station.heard).toEqual([
      { from: { ip: own, port: 50_001 }, to: { ip: peer, port: 3784 }, hopLimit: 255, text: 'one' },
      { from: { ip: own, port: 50_002 }, to: { ip: peer, port: 4784 }, hopLimit: 255, text: 'several' },
    ]);
  });

  test('what comes to the port that it sends from fills no buffer', async () => {
    sender(pair, 50_003);
    for (let count = 0; count < 50; count++) send(50_003, 255, 'x');
    expect(await queuedOn(50_003)).toBe(0);
  });

  test('the address that the kernel would send from', () => {
    const { interfaceIndex } = pathOf(pair);
    expect(linuxBfdSockets.sourceTowards(peer, interfaceIndex)).toBe(own);
  });

  test('an address that is not there, a port that is taken, a way that there is not: each is told', () => {
    listen(pathOf(pair));
    sender(pair, 50_004);
    const listener = { datagram() {}, failed() {} };
    const path = { ...pathOf(pair), remote: peer };
    const foreign = { ...path, local: stranger[pair.name] ?? ('fe80::b:9' as Ip) };
    const inUse = { call: 'bind', code: 'EADDRINUSE' };
    const notHere = { call: 'bind', code: 'EADDRNOTAVAIL' };
    expect([linuxBfdSockets.listen(path, listener), linuxBfdSockets.open(path, 50_004)]).toEqual([inUse, inUse]);
    expect([linuxBfdSockets.listen(foreign, listener), linuxBfdSockets.open(foreign, 50_005)]).toEqual([
      notHere,
      notHere,
    ]);
    expect(linuxBfdSockets.sourceTowards(peer, 9999)).toMatchObject({ call: 'connect' });
  });
});

test('one address of one port for the whole cable, and others beside it', () => {
  const [ipv4, ipv6] = pairs;
  if (ipv4 === undefined || ipv6 === undefined) throw new Error('no pairs');
  for (const path of [pathOf(ipv4), pathOf(ipv4, true), pathOf(ipv6), pathOf(ipv6, true)]) listen(path);
  expect(open).toHaveLength(4);
});

test('100 sockets opened, refused and closed leave no descriptor behind', () => {
  const [pair] = pairs;
  if (pair === undefined) throw new Error('no pairs');
  const before = readdirSync('/proc/self/fd').length;
  for (let count = 0; count < 100; count++) {
    listen(pathOf(pair)).receiver.close();
    sender(pair, 50_006).close();
    linuxBfdSockets.sourceTowards(pair.peer, undefined);
    linuxBfdSockets.sourceTowards('203.0.113.1' as Ip, undefined);
    linuxBfdSockets.open({ ...pathOf(pair), local: '192.0.2.9' as Ip, remote: pair.peer }, 50_006);
  }
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

test('what is sent is internetwork control (CS6)', async () => {
  const classes: number[] = [];
  const listener = trafficClasses(classes);
  for (const pair of pairs) sender(pair, 50_007).send(Buffer.from('x'));
  await eventually(() => classes.length === 3, patience);
  listener.close();
  expect(classes).toEqual([0xc0, 0xc0, 0xc0]);
});

/** Of the UDP packets that come to the far end. */
function trafficClasses(into: number[]): { close(): void } {
  const sockets = [0x0800, 0x86dd].map((etherType) => {
    const socket = linuxPacketSockets.open(
      { interfaceIndex: cable.far.index, etherType, filter: { program: [accept], coarse: [accept] } },
      {
        frame(bytes) {
          const isIpv4 = etherType === 0x0800;
          if (bytes[isIpv4 ? 23 : 20] !== 17) return;
          into.push(isIpv4 ? (bytes[15] ?? 0) : (((bytes[14] ?? 0) & 15) << 4) | ((bytes[15] ?? 0) >> 4));
        },
        failed() {},
      },
    );
    if ('code' in socket) throw new Error(`${socket.call} failed with ${socket.code}`);
    return socket;
  });
  return { close: () => sockets.forEach((socket) => socket.close()) };
}
