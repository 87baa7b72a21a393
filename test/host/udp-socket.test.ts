// UDP sockets for neighbours on a real kernel: who hears what, with which hop limit, and what is left of them when links and addresses go.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { linuxUdpSockets } from '#speaker/host/linux-udp-socket.ts';
import { multicastMac } from '#speaker/l2/ipv6-multicast.ts';
import type { SystemFailure } from '#speaker/l2/packet-socket.ts';
import type { UdpEndpoint, UdpReceiver, UdpSocket } from '#speaker/l2/udp-socket.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { createCable, type Cable, type CableEnd } from './cable.ts';
import { UdpStation } from './udp-station.ts';

const port = 7946;

interface Family {
  readonly name: string;
  readonly bits: number;
  readonly own: Ip;
  readonly peer: Ip;
  readonly group: Ip;
  readonly groupMac: Mac;
}

const ipv4: Family = {
  name: 'IPv4',
  bits: 24,
  own: '192.0.2.1' as Ip,
  peer: '192.0.2.2' as Ip,
  group: '224.0.0.254' as Ip,
  groupMac: '01:00:5e:00:00:fe' as Mac,
};
const ipv6: Family = {
  name: 'IPv6',
  bits: 64,
  own: 'fe80::b:1' as Ip,
  peer: 'fe80::b:2' as Ip,
  group: 'ff02::114' as Ip,
  groupMac: multicastMac('ff02::114' as Ip),
};
const families = [ipv4, ipv6];

let cables: Cable[] = [];
let stations: UdpStation[] = [];
let sockets: UdpReceiver[] = [];
afterEach(async () => {
  for (const socket of [...sockets, ...stations]) socket.close();
  [sockets, stations] = [[], []];
  for (const cable of cables) await cable.remove();
  cables = [];
});

interface Lan {
  readonly near: CableEnd;
  readonly station: UdpStation;
}

/** The near end has the addresses of `families`, the far end is a station that the near one knows. */
async function lan(name: string): Promise<Lan> {
  const cable = await createCable(name);
  cables.push(cable);
  const { near, far } = cable;
  await ip(families.flatMap((family) => [addressLine('add', near, family), neighbourLine(near, far, family)]));
  const station = new UdpStation(far);
  stations.push(station);
  return { near, station };
}

const addressLine = (verb: string, near: CableEnd, { own, bits }: Family): string =>
  `addr ${verb} ${own}/${bits} dev ${near.name}${own.includes(':') && verb !== 'del' ? ' nodad' : ''}`;
const neighbourLine = (near: CableEnd, far: CableEnd, { peer }: Family): string =>
  `neigh replace ${peer} lladdr ${far.mac} dev ${near.name}`;

interface Listening<Socket> {
  readonly socket: Socket;
  readonly texts: string[];
  readonly sources: UdpEndpoint[];
}

type Opening<Socket> = (
  options: { readonly interfaceIndex: number; readonly ip: Ip; readonly port: number },
  listener: { datagram(datagram: Uint8Array, source: UdpEndpoint): void; failed(failure: SystemFailure): void },
) => Socket | SystemFailure;

function listening<Socket extends UdpReceiver>(
  open: Opening<Socket>,
  { index }: CableEnd,
  address: Ip,
  onPort = port,
): Listening<Socket> {
  const texts: string[] = [];
  const sources: UdpEndpoint[] = [];
  const socket = open(
    { interfaceIndex: index, ip: address, port: onPort },
    {
      datagram(datagram, source) {
        texts.push(Buffer.from(datagram).toString());
        sources.push(source);
      },
      failed: ({ call, code }) => texts.push(`${call} ${code}`),
    },
  );
  if ('code' in socket) throw new Error(`${socket.call} failed with ${socket.code}`);
  sockets.push(socket);
  return { socket, texts, sources };
}

const own = (near: CableEnd, address: Ip, onPort = port): Listening<UdpSocket> =>
  listening((options, listener) => linuxUdpSockets.open(options, listener), near, address, onPort);
const inGroup = (near: CableEnd, address: Ip): Listening<UdpReceiver> =>
  listening((options, listener) => linuxUdpSockets.listenToGroup(options, listener), near, address);

const bytes = (text: string): Uint8Array => Buffer.from(text);
const come = (texts: readonly string[], count: number): Promise<unknown> =>
  eventually(() => texts.length >= count, { withinMs: 2000, everyMs: 5 });

describe.each(families)('over $name', (family) => {
  const { own: address, peer, group, groupMac } = family;
  const from = { ip: peer, port };
  const toGroup = { from, to: { ip: group, port }, hopLimit: 255 };
  const toOwn = { from, to: { ip: address, port }, hopLimit: 255 };

  test('what is sent to the group is heard on its interface only, by every program', async () => {
    const [one, other] = [await lan('udpa'), await lan('udpb')];
    const [first, second, elsewhere] = [inGroup(one.near, group), inGroup(one.near, group), inGroup(other.near, group)];
    one.station.send({ ...toGroup, text: 'here' }, groupMac);
    other.station.send({ ...toGroup, text: 'there' }, groupMac);
    await come(elsewhere.texts, 1);
    await sleep(20);
    expect([first.texts, second.texts, elsewhere.texts]).toEqual([['here'], ['here'], ['there']]);
    expect(first.sources).toEqual([from]);
  });

  test('what is sent to the group leaves with hop limit 255 and comes back to this machine', async () => {
    const { near, station } = await lan('udpa');
    const { socket } = own(near, address);
    const mine = inGroup(near, group);
    expect(socket.send(bytes('hello'), { ip: group, port })).toBe('sent');
    await come(mine.texts, 1);
    await eventually(() => station.heard.length === 1, { withinMs: 2000, everyMs: 5 });
    expect(station.heard).toEqual([
      { from: { ip: address, port }, to: { ip: group, port }, hopLimit: 255, text: 'hello' },
    ]);
    expect([mine.texts, mine.sources]).toEqual([['hello'], [{ ip: address, port }]]);
  });

  test('what is sent to the address comes to the socket that was opened last, and to the other when that is closed', async () => {
    const { near, station } = await lan('udpa');
    const inTheGroup = inGroup(near, group);
    const older = own(near, address);
    station.send({ ...toOwn, text: 'one' }, near.mac);
    await come(older.texts, 1);
    const newer = own(near, address);
    station.send({ ...toOwn, text: 'two' }, near.mac);
    await come(newer.texts, 1);
    newer.socket.close();
    station.send({ ...toOwn, text: 'three' }, near.mac);
    await come(older.texts, 2);
    expect([older.texts, newer.texts, inTheGroup.texts]).toEqual([['one', 'three'], ['two'], []]);
  });

  test('a socket on any free port is answered there', async () => {
    const { near, station } = await lan('udpa');
    const joining = own(near, address, 0);
    expect(joining.socket.port).toBeGreaterThan(1023);
    expect(joining.socket.send(bytes('who?'), { ip: peer, port })).toBe('sent');
    await eventually(() => station.heard.length === 1, { withinMs: 2000, everyMs: 5 });
    expect(station.heard[0]).toMatchObject({ from: { ip: address, port: joining.socket.port }, hopLimit: 255 });
    station.send({ ...toOwn, to: { ip: address, port: joining.socket.port }, text: 'me' }, near.mac);
    await come(joining.texts, 1);
    expect(joining.texts).toEqual(['me']);
  });

  test('what has passed a router, or says so, is not heard and counted', async () => {
    const { near, station } = await lan('udpa');
    const [unicast, multicast] = [own(near, address), inGroup(near, group)];
    for (const hopLimit of [64, 254, 1, 255]) {
      station.send({ ...toOwn, hopLimit, text: `${hopLimit}` }, near.mac);
      station.send({ ...toGroup, hopLimit, text: `${hopLimit}` }, groupMac);
    }
    await Promise.all([come(unicast.texts, 1), come(multicast.texts, 1)]);
    expect([unicast.texts, multicast.texts]).toEqual([['255'], ['255']]);
    expect(unicast.socket.statistics()).toMatchObject({ received: 1, kernelDrops: 3 });
    expect(multicast.socket.statistics()).toMatchObject({ received: 1, kernelDrops: 3 });
  });

  test('datagrams of any length come whole up to 2,048 octets; longer ones are cut off, not lost', async () => {
    const { near } = await lan('udpa');
    const { socket } = own(near, address);
    const mine = inGroup(near, group);
    for (const length of [0, 1, 1200, 1400]) socket.send(new Uint8Array(length).fill(65), { ip: group, port });
    socket.send(new Uint8Array(3000).fill(65), { ip: group, port });
    await come(mine.texts, 5);
    expect(mine.texts.map((text) => text.length)).toEqual([0, 1, 1200, 1400, 2048]);
  });

  test('what waits can be taken in at once, in the middle of a turn', async () => {
    const { near } = await lan('udpa');
    const { socket } = own(near, address);
    const mine = inGroup(near, group);
    for (let count = 0; count < 300; count++) socket.send(bytes('x'), { ip: group, port });
    expect(mine.texts).toHaveLength(0);
    mine.socket.receiveWaiting();
    expect(mine.texts).toHaveLength(300);
    await sleep(20);
    expect(mine.texts).toHaveLength(300);
  });

  test('an address that goes and an interface that is switched off silence it until they come back', async () => {
    const { near, station } = await lan('udpa');
    const { socket, texts } = own(near, address);
    const hears = inGroup(near, group);
    const say = (): readonly string[] => [
      socket.send(bytes('unicast'), { ip: peer, port }),
      socket.send(bytes('group'), { ip: group, port }),
    ];
    const repair = [addressLine('replace', near, family), neighbourLine(near, cables[0]?.far ?? near, family)];
    await ip([addressLine('del', near, family)]);
    // Linux looks for an IPv4 route from the address, which is not there; for an IPv6 route to the peer, which is.
    expect(say()).toEqual(family.name === 'IPv4' ? ['failed', 'failed'] : ['sent', 'sent']);
    await ip(repair);
    expect(say()).toEqual(['sent', 'sent']);
    await ip([`link set ${near.name} down`]);
    const failedBefore = socket.statistics().sendErrors.get('ENETUNREACH') ?? 0;
    expect(say()).toEqual(['failed', 'failed']);
    expect(socket.statistics().sendErrors.get('ENETUNREACH')).toBe(failedBefore + 2);
    await ip([`link set ${near.name} up`, ...repair]);
    await eventually(() => say()[1] === 'sent', { withinMs: 2000, everyMs: 20 });
    station.send({ ...toOwn, text: 'still' }, near.mac);
    station.send({ ...toGroup, text: 'here' }, groupMac);
    await eventually(() => texts.includes('still') && hears.texts.includes('here'), { withinMs: 2000, everyMs: 5 });
    expect(texts).toEqual(['still']);
  });

  test('an interface that went away leaves a socket that sends nothing', async () => {
    const { near } = await lan('udpa');
    const { socket, texts } = own(near, address);
    await cables.pop()?.remove();
    expect(socket.send(bytes('x'), { ip: group, port })).toBe('failed');
    expect([...socket.statistics().sendErrors.values()]).toEqual([1]);
    expect(texts).toEqual([]);
  });

  test('an address that is not there, or an interface, refuses the socket', async () => {
    const { near } = await lan('udpa');
    const listener = { datagram() {}, failed() {} };
    const refusals = [
      linuxUdpSockets.open({ interfaceIndex: near.index, ip: peer, port }, listener),
      linuxUdpSockets.open({ interfaceIndex: 9999, ip: address, port }, listener),
      linuxUdpSockets.listenToGroup({ interfaceIndex: 9999, ip: group, port }, listener),
    ];
    const noInterface = { call: 'setsockopt', code: family.name === 'IPv4' ? 'EADDRNOTAVAIL' : 'ENODEV' };
    expect(refusals).toEqual([{ call: 'bind', code: 'EADDRNOTAVAIL' }, noInterface, noInterface]);
  });

  test('100 sockets opened, refused and closed leave no descriptor behind', async () => {
    const { near } = await lan('udpa');
    const before = readdirSync('/proc/self/fd').length;
    const listener = { datagram() {}, failed() {} };
    for (let count = 0; count < 100; count++) {
      own(near, address).socket.close();
      inGroup(near, group).socket.close();
      linuxUdpSockets.open({ interfaceIndex: near.index, ip: peer, port }, listener);
    }
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  test('what finds no room is counted', async () => {
    const { near } = await lan('udpa');
    const { socket } = own(near, address);
    const mine = inGroup(near, group);
    // Twice what net.core.rmem_max lets a buffer be on generous machines.
    const sent = 8000;
    for (let count = 0; count < sent; count++) socket.send(new Uint8Array(1200), { ip: group, port });
    mine.socket.receiveWaiting();
    const { received, kernelDrops } = mine.socket.statistics();
    expect(received).toBeGreaterThan(200);
    expect(kernelDrops).toBeGreaterThan(0);
    expect(received + kernelDrops).toBe(sent);
  });
});
