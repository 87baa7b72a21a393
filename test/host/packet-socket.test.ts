// Packet sockets and their filters on a real kernel.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ipFromNumber, type Ip } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac } from '#shared/net/mac.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { linux } from '#speaker/host/linux.ts';
import { close, recv, socket } from '#speaker/host/syscall.ts';
import { decodeArpFrame, encodeArpFrame } from '#speaker/l2/arp.ts';
import { arpFilter, coarseArpFilter } from '#speaker/l2/arp-filter.ts';
import { jumpEqual, keep, loadHalf } from '#speaker/l2/classic-bpf.ts';
import type { PacketFilter, PacketSocket } from '#speaker/l2/packet-socket.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { createCable, linkEnd, type Cable, type CableEnd } from './cable.ts';

let cable: Cable;
let port: Cable;
let bridge: CableEnd;
beforeAll(async () => {
  cable = await createCable('packet');
  port = await createCable('port');
  await ip([
    'link add name packet-br type bridge',
    'link set packet-br up',
    `link set ${port.near.name} master packet-br`,
  ]);
  bridge = await linkEnd('packet-br');
});
afterAll(async () => {
  await ip(['link del packet-br']);
  await port.remove();
  await cable.remove();
});

const everything: PacketFilter = { program: coarseArpFilter, coarse: coarseArpFilter };

const base = 0x0a000000;
const exactly = (...addresses: readonly number[]): PacketFilter => ({
  program: arpFilter(addresses),
  coarse: coarseArpFilter,
});

interface Listening {
  readonly socket: PacketSocket;
  /** Target addresses of the frames that came. */
  readonly targets: Ip[];
}

function listen({ index }: CableEnd, filter: PacketFilter): Listening {
  const targets: Ip[] = [];
  const opened = linuxPacketSockets.open(
    { interfaceIndex: index, etherType: 0x0806, filter },
    { frame: (bytes) => targets.push(decodeArpFrame(bytes).arp.targetIp), failed() {} },
  );
  if ('code' in opened) throw new Error(`${opened.call} failed with ${opened.code}`);
  return { socket: opened, targets };
}

const ipOf = (address: number): Ip => ipFromNumber('IPv4', BigInt(address));

function request(from: CableEnd, address: number): Uint8Array {
  return encodeArpFrame({
    ethernet: { destination: broadcastMac, source: from.mac, etherType: 0x0806 },
    arp: { operation: 1, senderMac: from.mac, senderIp: ipOf(1), targetMac: zeroMac, targetIp: ipOf(address) },
  });
}

test('a packet socket of protocol 0 receives nothing before it is bound', async () => {
  const fd = socket(linux.AF_PACKET, linux.SOCK_RAW, 0);
  const { socket: sender } = listen(cable.far, everything);
  for (let count = 0; count < 10; count++) sender.send(request(cable.far, base));
  await sleep(50);
  expect(recv(fd, new Uint8Array(256))).toBe(-11);
  close(fd);
  sender.close();
});

test('own frames are not seen, those of others are', async () => {
  const near = listen(cable.near, everything);
  const far = listen(cable.far, everything);
  near.socket.send(request(cable.near, base));
  await eventually(() => far.targets.length === 1, { withinMs: 2000, everyMs: 5 });
  await sleep(20);
  expect(near.targets).toEqual([]);
  for (const one of [near, far]) one.socket.close();
});

test('frames of a bridge port come to its bridge and not to the port', async () => {
  const [onPort, onBridge] = [listen(port.near, everything), listen(bridge, everything)];
  const { socket: sender } = listen(port.far, everything);
  sender.send(request(port.far, base));
  await eventually(() => onBridge.targets.length === 1, { withinMs: 2000, everyMs: 5 });
  await sleep(20);
  expect(onPort.targets).toEqual([]);
  for (const one of [onPort.socket, onBridge.socket, sender]) one.close();
});

test('only wanted addresses wake the receiver', async () => {
  const near = listen(cable.near, exactly(base + 1, base + 3));
  const { socket: sender } = listen(cable.far, everything);
  for (let address = base; address < base + 5; address++) sender.send(request(cable.far, address));
  await eventually(() => near.targets.length === 2, { withinMs: 2000, everyMs: 5 });
  await sleep(20);
  expect(near.targets).toEqual(['10.0.0.1', '10.0.0.3']);
  expect(near.socket.statistics()).toMatchObject({ received: 2, kernelDrops: 0 });
  for (const one of [near.socket, sender]) one.close();
});

test('a filter that is replaced 200 times under load loses nothing that both want, and lets nothing else through', async () => {
  const near = listen(cable.near, exactly(base + 1, base + 2));
  const { socket: sender } = listen(cable.far, everything);
  const rounds = 200;
  for (let round = 0; round < rounds; round++) {
    sender.send(request(cable.far, base + 1));
    sender.send(request(cable.far, base + 9));
    near.socket.setFilter(exactly(base + 1, base + 2 + (round % 2)));
    sender.send(request(cable.far, base + 9));
    if (round % 20 === 0) await sleep(1);
  }
  await eventually(() => near.targets.length === rounds, { withinMs: 2000, everyMs: 5 });
  await sleep(20);
  expect(new Set(near.targets)).toEqual(new Set(['10.0.0.1']));
  expect(near.targets).toHaveLength(rounds);
  expect(near.socket.statistics().filterReplacements).toBe(rounds);
  for (const one of [near.socket, sender]) one.close();
});

test('2,000 scattered addresses have a filter that the kernel takes and that misses none', async () => {
  const addresses = Array.from({ length: 2000 }, (_, at) => base + at * 5000);
  const near = listen(cable.near, exactly(...addresses));
  const { socket: sender } = listen(cable.far, everything);
  for (const [at, address] of addresses.entries()) {
    sender.send(request(cable.far, address));
    if (at % 100 === 99) await sleep(1);
  }
  sender.send(request(cable.far, base - 1));
  await eventually(() => near.targets.length >= addresses.length, { withinMs: 2000, everyMs: 5 });
  expect(near.targets).toEqual(addresses.map(ipOf));
  for (const one of [near.socket, sender]) one.close();
});

test('a program that the kernel does not take gives way to the coarse one', async () => {
  const endless = [...Array.from({ length: 5000 }, () => [loadHalf(12), jumpEqual(0, 0, 0)]).flat(), keep(0)];
  const near = listen(cable.near, { program: endless, coarse: coarseArpFilter });
  const { socket: sender } = listen(cable.far, everything);
  sender.send(request(cable.far, base));
  await eventually(() => near.targets.length === 1, { withinMs: 2000, everyMs: 5 });
  near.socket.setFilter({ program: endless, coarse: exactly(base + 1).program });
  sender.send(request(cable.far, base));
  sender.send(request(cable.far, base + 1));
  await eventually(() => near.targets.length === 2, { withinMs: 2000, everyMs: 5 });
  expect(near.targets).toEqual(['10.0.0.0', '10.0.0.1']);
  for (const one of [near.socket, sender]) one.close();
});

test('what is discarded is not delivered; what comes later is', async () => {
  const near = listen(cable.near, everything);
  const { socket: sender } = listen(cable.far, everything);
  for (let count = 0; count < 5; count++) sender.send(request(cable.far, base));
  expect(near.socket.discardReceived()).toBe(5);
  sender.send(request(cable.far, base + 1));
  await eventually(() => near.targets.length === 1, { withinMs: 2000, everyMs: 5 });
  expect(near.targets).toEqual(['10.0.0.1']);
  for (const one of [near.socket, sender]) one.close();
});

test('an interface that is not there refuses the socket', () => {
  expect(
    linuxPacketSockets.open(
      { interfaceIndex: 9999, etherType: 0x0806, filter: everything },
      { frame() {}, failed() {} },
    ),
  ).toEqual({ call: 'bind', code: 'ENODEV' });
});

test('an interface that goes away is told, and nothing can be sent any more', async () => {
  const gone = await createCable('gone');
  const failures: string[] = [];
  const opened = linuxPacketSockets.open(
    { interfaceIndex: gone.near.index, etherType: 0x0806, filter: everything },
    { frame() {}, failed: ({ call, code }) => failures.push(`${call} ${code}`) },
  );
  if ('code' in opened) throw new Error(opened.code);
  await gone.remove();
  await eventually(() => failures.length > 0, { withinMs: 2000, everyMs: 5 });
  expect(failures).toEqual(['recv ENETDOWN']);
  expect(opened.send(request(cable.near, base))).toBe('failed');
});

test('100 sockets opened and closed leave no descriptor behind', () => {
  const before = readdirSync('/proc/self/fd').length;
  for (let count = 0; count < 100; count++) listen(cable.near, everything).socket.close();
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});
