// What the simulated node assumes of Linux and of Node, shown on both.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac } from '#shared/net/mac.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { encodeArpFrame } from '#speaker/l2/arp.ts';
import { keep } from '#speaker/l2/classic-bpf.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { OrderSeen, stall, stallOrder } from '#test/simulation/honesty/traces/stall.ts';
import { bufferedFrames } from '#test/simulation/node/packet-socket.ts';
import { createCable, type Cable, type CableEnd } from './cable.ts';

let cable: Cable;
beforeAll(async () => {
  cable = await createCable('facts');
});
afterAll(() => cable.remove());

const everything = { program: [keep(256)], coarse: [keep(256)] };
const etherType = 0x0806;

function open(
  { index }: CableEnd,
  heard: () => void = () => {},
  failed: (code: string) => void = () => {},
): PacketSocket {
  const socket = linuxPacketSockets.open(
    { interfaceIndex: index, etherType, filter: everything },
    { frame: heard, failed: ({ call, code }) => failed(`${call} ${code}`) },
  );
  if ('code' in socket) throw new Error(`${socket.call} failed with ${socket.code}`);
  onTestFinished(() => socket.close());
  return socket;
}

function request({ mac }: CableEnd): Uint8Array {
  return encodeArpFrame({
    ethernet: { destination: broadcastMac, source: mac, etherType },
    arp: { operation: 1, senderMac: mac, senderIp: '192.0.2.1' as Ip, targetMac: zeroMac, targetIp: '192.0.2.2' as Ip },
  });
}

test('a packet socket keeps so many frames for a thread that does not run, and counts the others', () => {
  const sender = open(cable.far);
  const receiver = open(cable.near);
  const more = 100;
  for (let count = 0; count < bufferedFrames + more; count++) sender.send(request(cable.far));
  const { kernelDrops } = receiver.statistics();
  expect([receiver.discardReceived(), kernelDrops]).toEqual([bufferedFrames, more]);
});

test('without a carrier a frame is taken and goes nowhere, and the socket stays', async () => {
  const failures: string[] = [];
  let heard = 0;
  const sender = open(cable.near, undefined, (failure) => failures.push(failure));
  await ip([`link set ${cable.far.name} down`]);
  expect(sender.send(request(cable.near))).toBe('sent');
  await ip([`link set ${cable.far.name} up`]);
  open(cable.far, () => heard++);
  await sleep(100);
  expect([heard, failures]).toEqual([0, []]);
  await eventually(() => sender.send(request(cable.near)) === 'sent' && heard > 0, { withinMs: 3000, everyMs: 20 });
});

test('an interface that is switched off breaks the sockets on it, also those opened meanwhile', async () => {
  const failures: string[] = [];
  const failed = (failure: string): void => void failures.push(failure);
  open(cable.near, undefined, failed);
  await ip([`link set ${cable.near.name} down`]);
  await eventually(() => failures.length === 1, { withinMs: 2000, everyMs: 5 });
  open(cable.near, undefined, failed);
  await eventually(() => failures.length === 2, { withinMs: 2000, everyMs: 5 });
  await ip([`link set ${cable.near.name} up`]);
  expect(failures).toEqual(['recv ENETDOWN', 'recv ENETDOWN']);
});

/** What Node does after it stood still in a callback that `begin` brings about, timers and frames coming due meanwhile. */
async function orderAfterStall(begin: (callback: () => void) => void): Promise<readonly string[]> {
  const seen = new OrderSeen();
  const sender = open(cable.far);
  open(cable.near, () => seen.frame());
  begin(() => {
    const startMs = performance.now();
    for (const ms of stall.timersMs) {
      setTimeout(() => {
        seen.timer(String(ms));
        if (ms === Math.max(...stall.timersMs)) setTimeout(() => seen.timer('armed after the stall'), 0);
      }, ms);
    }
    for (let frame = 0; frame < stall.frames; frame++) sender.send(request(cable.far));
    while (performance.now() < startMs + stall.forMs);
  });
  await sleep(stall.forMs + 200);
  return seen.order;
}

test('after a pause Node may run all expired timers before it reads what came: what the simulator always does', async () => {
  expect(await orderAfterStall((stop) => setImmediate(stop))).toEqual(stallOrder);
});

test('after a pause within a timer it reads first: the simulator does not play this order', async () => {
  const order = await orderAfterStall((stop) => setTimeout(stop, 1));
  expect(order[0]).toBe(`${stall.frames} frames`);
  expect(order.slice(1)).toEqual(stallOrder.filter((line) => line.startsWith('timer')));
});
