import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { Shadow } from '#speaker/wire/shadow.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedEther } from '../played-udp.ts';
import { interfaceOf, PlayedParty } from './played-party.ts';

/** eth0 speaks, eth1 on the same LAN is its shadow. */
function stage() {
  const clock = new VirtualClock();
  const ether = new PlayedEther(clock.scheduler);
  const party = new PlayedParty({ clock, ether, host: 1, lanOf: () => 2 });
  const eth1 = { ...interfaceOf(3, { index: 3, name: 'eth1' }), gateways: [] };
  for (const { ip } of eth1.prefixes) party.own.add(ip);
  const speaking = party.sockets();
  let ended = 0;
  const shadow = new Shadow(eth1, 'eth0', party.dependencies, () => ended++);
  const speak = (): void => speaking.toGroup({ kind: 'ping', nonce: 1 }, false);
  return { clock, ether, party, shadow, speak, ended: () => ended };
}

test('a shadow stays one for as long as it hears its own process', () => {
  const { clock, speak, ended } = stage();
  for (let seconds = 0; seconds < 600; seconds += 60) {
    speak();
    clock.advance(60_000);
  }
  expect(ended()).toBe(0);
});

test('it ends, once, when it has heard nothing of it for three minutes', () => {
  const { clock, speak, ended } = stage();
  clock.advance(10_000);
  speak();
  clock.advance(179_999);
  expect(ended()).toBe(0);
  clock.advance(1_000);
  expect(ended()).toBe(1);
  clock.advance(600_000);
  expect(ended()).toBe(1);
});

test('what others say keeps no shadow alive, and is not answered', () => {
  const { clock, ether, ended } = stage();
  const other = new PlayedParty({ clock, ether, host: 2 }).sockets();
  for (let seconds = 0; seconds < 240; seconds += 60) {
    other.toGroup({ kind: 'ping', nonce: 2 }, false);
    clock.advance(60_000);
  }
  expect(ended()).toBe(1);
  expect(ether.sent.filter(({ source }) => source.ip === ('192.0.2.3' as Ip))).toEqual([]);
});

test('after its end it listens no more', () => {
  const { clock, shadow, party, ended } = stage();
  shadow.close();
  clock.advance(600_000);
  expect(ended()).toBe(0);
  expect([shadow.on.name, shadow.speaking, party.udp.listed.length]).toEqual(['eth1', 'eth0', 2]);
});
