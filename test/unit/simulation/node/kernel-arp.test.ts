// The simulated kernel, asked what a real one is asked (test/host).
import { expect, test } from 'vitest';
import { arpCases, elsewhere, own } from '#test/simulation/honesty/traces/kernel-arp.ts';
import { arpReply, arpRequest, writeArp } from '#test/simulation/lan/arp-message.ts';
import { broadcastNumber, ipv4Number } from '#test/simulation/lan/octets.ts';
import { Segment } from '#test/simulation/lan/segment.ts';
import { ipOf, macOf, Stage } from '../stage.ts';

test.each(arpCases)('$name: answered $isAnswered', ({ to, operation, senderIp, targetIp, isAnswered }) => {
  const stage = new Stage();
  const { kernel, nic } = stage.node(1);
  nic.setAddresses([`${own}/24`]);
  const segment = new Segment('other', {}, stage.dependencies);
  kernel.addNic({ index: 3, name: 'eth1', mac: macOf('02:00:00:00:00:33'), addresses: [`${elsewhere}/24`], segment });
  const client = stage.listener(9);
  const destinations = { all: broadcastNumber, 'the machine': nic.mac, 'another machine': 0x02_00_00_00_00_77 };
  const message = {
    operation: operation === 'request' ? arpRequest : arpReply,
    senderMac: client.mac,
    senderIp: ipv4Number(ipOf(senderIp)),
    targetMac: 0,
    targetIp: ipv4Number(ipOf(targetIp)),
  };
  client.attachment.send(writeArp(destinations[to], message));
  stage.advance(10);
  const answers = client.heard.map(({ frame }) => [frame.arp?.operation, frame.arp?.senderMac, frame.arp?.senderIp]);
  expect(answers).toEqual(isAnswered ? [[arpReply, nic.mac, message.targetIp]] : []);
});
