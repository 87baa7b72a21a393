// The simulated switch, played the script that a Linux bridge follows (test/host).
import { expect, test } from 'vitest';
import { bridgeSteps, heardInEachStep, type BridgeStation } from '#test/simulation/honesty/traces/bridge.ts';
import { arpRequest, writeArp } from '#test/simulation/lan/arp-message.ts';
import { broadcastNumber } from '#test/simulation/lan/octets.ts';
import { Stage } from '../stage.ts';

test('frames go where a Linux bridge sends them', () => {
  const stage = new Stage();
  const stations = { A: stage.listener(1), B: stage.listener(2), C: stage.listener(3) };
  const names = ['A', 'B', 'C'] as const;
  const seen: (readonly BridgeStation[])[] = [];
  for (const step of bridgeSteps) {
    if ('wait' in step) stage.advance(301_000);
    else if ('replug' in step) {
      for (const isPlugged of [false, true]) stations[step.replug].attachment.plug(isPlugged);
    } else {
      const { from, as = from, to } = step;
      for (const { heard } of Object.values(stations)) heard.length = 0;
      const destination = to === 'all' ? broadcastNumber : stations[to].mac;
      const senderMac = stations[as].mac;
      const message = { operation: arpRequest, senderMac, senderIp: 1, targetMac: 0, targetIp: 2 };
      stations[from].attachment.send(writeArp(destination, message));
      stage.advance(10);
      seen.push(names.filter((name) => stations[name].heard.length > 0));
    }
  }
  expect(seen).toEqual(heardInEachStep);
});
