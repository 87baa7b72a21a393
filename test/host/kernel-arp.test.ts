// Which ARP a real kernel answers by itself: what the simulated one is built on.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac, type Mac } from '#shared/net/mac.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { arpCases, asker, elsewhere, own } from '#test/simulation/honesty/traces/kernel-arp.ts';
import { ArpStation } from './arp-station.ts';
import { createCable, type Cable } from './cable.ts';

let cable: Cable;
let station: ArpStation;
beforeAll(async () => {
  cable = await createCable('karp', `${own}/24`);
  const lines = [
    'link add name elsewhere type bridge',
    `addr add ${elsewhere}/24 dev elsewhere`,
    'link set elsewhere up',
  ];
  await ip(lines, cable.namespace);
  station = new ArpStation(cable.near, asker);
});
afterAll(async () => {
  station.close();
  await cable.remove();
});

test.each(arpCases)('$name: answered $isAnswered', async ({ to, operation, senderIp, targetIp, isAnswered }) => {
  const { near, far } = cable;
  const destinations = { all: broadcastMac, 'the machine': far.mac, 'another machine': '02:00:00:00:00:77' as Mac };
  const startMs = performance.now();
  station.send({
    ethernet: { destination: destinations[to], source: near.mac, etherType: 0x0806 },
    arp: {
      operation: operation === 'request' ? 1 : 2,
      senderMac: near.mac,
      senderIp: senderIp as Ip,
      targetMac: zeroMac,
      targetIp: targetIp as Ip,
    },
  });
  await sleep(150);
  const heard = station.heard.filter(({ atMs, frame }) => atMs >= startMs && frame.arp.operation === 2);
  const answers = heard.map(({ frame: { arp } }) => [arp.senderMac, arp.senderIp]);
  expect(answers).toEqual(isAnswered ? [[far.mac, targetIp]] : []);
});
