// Where a Linux bridge sends frames: what the simulated switch is built on.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac, type Mac } from '#shared/net/mac.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { encodeArpFrame } from '#speaker/l2/arp.ts';
import { keep } from '#speaker/l2/classic-bpf.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { bridgeSteps, heardInEachStep, type BridgeStation } from '#test/simulation/honesty/traces/bridge.ts';
import { createCable, type Cable } from './cable.ts';

const names = ['A', 'B', 'C'] as const;
/** Not the interfaces' own, from which a kernel may say something of itself. */
const macs: Readonly<Record<BridgeStation, Mac>> = {
  A: '02:50:00:00:00:0a' as Mac,
  B: '02:50:00:00:00:0b' as Mac,
  C: '02:50:00:00:00:0c' as Mac,
};
const ageingMs = 1000;
const arrivesWithinMs = 100;

interface Plugged {
  readonly cable: Cable;
  socket: PacketSocket;
  heard: number;
}

let stations: Readonly<Record<BridgeStation, Plugged>>;

function listen(station: { readonly cable: Cable; heard: number }): PacketSocket {
  const filter = { program: [keep(256)], coarse: [keep(256)] };
  const opened = linuxPacketSockets.open(
    { interfaceIndex: station.cable.far.index, etherType: 0x0806, filter },
    { frame: () => void station.heard++, failed() {} },
  );
  if ('code' in opened) throw new Error(`${opened.call} failed with ${opened.code}`);
  return opened;
}

async function plug(name: BridgeStation): Promise<Plugged> {
  const cable = await createCable(`br${name}`);
  await ip([`link set ${cable.near.name} master model-br`]);
  const station = { cable, heard: 0 };
  return Object.assign(station, { socket: listen(station) });
}

beforeAll(async () => {
  await ip([`link add name model-br type bridge ageing_time ${ageingMs / 10}`, 'link set model-br up']);
  stations = { A: await plug('A'), B: await plug('B'), C: await plug('C') };
});
afterAll(async () => {
  for (const name of names) {
    stations[name].socket.close();
    await stations[name].cable.remove();
  }
  await ip(['link del model-br']);
});

async function replug(station: Plugged): Promise<void> {
  station.socket.close();
  const { name } = station.cable.far;
  await ip([`link set ${name} down`]);
  await sleep(arrivesWithinMs);
  await ip([`link set ${name} up`]);
  await sleep(arrivesWithinMs);
  station.socket = listen(station);
}

function send(from: BridgeStation, as: BridgeStation, to: BridgeStation | 'all'): void {
  const source = macs[as];
  const destination = to === 'all' ? broadcastMac : macs[to];
  stations[from].socket.send(
    encodeArpFrame({
      ethernet: { destination, source, etherType: 0x0806 },
      arp: {
        operation: 1,
        senderMac: source,
        senderIp: '0.0.0.1' as Ip,
        targetMac: zeroMac,
        targetIp: '0.0.0.2' as Ip,
      },
    }),
  );
}

test('a Linux bridge learns, floods what it does not know, and forgets with the cable and with time', async () => {
  const seen: (readonly BridgeStation[])[] = [];
  for (const step of bridgeSteps) {
    if ('wait' in step) await sleep(3 * ageingMs);
    else if ('replug' in step) await replug(stations[step.replug]);
    else {
      const { from, as = from, to } = step;
      for (const name of names) stations[name].heard = 0;
      send(from, as, to);
      await sleep(arrivesWithinMs);
      seen.push(names.filter((name) => stations[name].heard > 0));
    }
  }
  expect(seen).toEqual(heardInEachStep);
});
