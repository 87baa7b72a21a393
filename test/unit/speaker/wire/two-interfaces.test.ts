import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { HostNetworkState, Link } from '#speaker/l2/host-network.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';
import { PlayedEther, type PlayedUdpSockets } from '../played-udp.ts';
import { Speaker, twoInterfaces } from './played-speaker.ts';

const vip = '192.0.2.100' as Ip;

/** Whatever the interface, it is on the one LAN. */
class OneLan extends PlayedEther {
  override socketsOf(party: string): PlayedUdpSockets {
    return super.socketsOf(party, () => 1);
  }
}

function onOneLan(eth0: Partial<Link> = {}): HostNetworkState {
  const links = [ethernet(2, 'eth0', eth0), ethernet(3, 'eth1')];
  return network(links, [address(2, '192.0.2.1', 24), address(3, '192.0.2.3', 24)]);
}

/** Two interfaces on one LAN, of which eth0 speaks. */
function shadowing(): Speaker {
  const timers = new VirtualClock();
  const speaker = new Speaker({ timers, ether: new OneLan(timers.scheduler), state: onOneLan() });
  speaker.desire([{ ip: vip }]);
  speaker.advance(6_000);
  return speaker;
}

const phases = ({ observed }: Speaker): unknown => observed.segments.map(({ segment, phase }) => [segment, phase]);

test('of two interfaces on one LAN one speaks and answers, the other only listens', () => {
  const speaker = shadowing();
  expect(phases(speaker)).toEqual([
    ['eth0', 'joined'],
    ['eth1', 'shadow'],
  ]);
  expect(speaker.observed.segments[1]?.conditions).toEqual([{ condition: 'sameLan', about: undefined }]);
  expect(speaker.answers(2, vip)).toBe(true);
  expect(speaker.sockets.openInterfaces).toEqual([2]);
});

test.each<[string, () => HostNetworkState]>([
  ['is gone', () => network([ethernet(3, 'eth1')], [address(3, '192.0.2.3', 24)])],
  ['has no carrier', () => onOneLan({ lowerUp: false })],
])('when the one that speaks %s, the other does not wait to take its place', (_, state) => {
  const speaker = shadowing();
  speaker.hostNetwork.become(state());
  speaker.advance(10_000);
  expect(speaker.observed.segments.find(({ segment }) => segment === 'eth1')?.phase).toBe('joined');
  expect(speaker.answers(3, vip)).toBe(true);
});

test('when they are one LAN no longer, both speak in the end', () => {
  const speaker = shadowing();
  speaker.ether.lose(() => true);
  speaker.advance(200_000);
  expect(phases(speaker)).toEqual([
    ['eth0', 'joined'],
    ['eth1', 'joined'],
  ]);
});

test('a retired process leaves nothing open, whatever listened', () => {
  const speaker = shadowing();
  const { ether } = speaker;
  const next = new Speaker({ timers: speaker.clock.timers, ether, state: onOneLan(), incarnation: 2 });
  next.desire([{ ip: vip }]);
  next.advance(10_000);
  expect(speaker.observed.retired).toBe(true);
  expect(speaker.udp.listed.length).toBe(next.udp.listed.length);
  expect(speaker.sockets.openInterfaces).toEqual([]);
});

const linkDowns = ({ ether }: Speaker): readonly Ip[] => {
  const linkDownType = 15;
  return ether.sent.filter(({ octets }) => octets[3] === linkDownType).map(({ source }) => source.ip);
};

test('a lost link is told on the other segments, by a member', () => {
  const speaker = new Speaker();
  speaker.desire([{ ip: vip }]);
  speaker.advance(6_000);
  speaker.hostNetwork.become(twoInterfaces({ lowerUp: false }));
  expect(linkDowns(speaker)).toEqual(['198.51.100.1']);
});

test('whoever only joins says of no lost link: nobody knows it as a member yet', () => {
  const speaker = new Speaker({ nodes: ['n1', 'n2'] });
  speaker.desire([{ ip: vip }]);
  speaker.advance(100);
  expect(phases(speaker)).toEqual([
    ['eth0', 'joining'],
    ['eth1', 'joining'],
  ]);
  speaker.hostNetwork.become(twoInterfaces({ lowerUp: false }));
  expect(linkDowns(speaker)).toEqual([]);
});

test('who ends before it has begun says no farewell: it would be heard as that of the process before it', () => {
  const speaker = new Speaker();
  speaker.channel.post({ kind: 'stop', mode: 'restart' });
  speaker.advance(100);
  expect([speaker.stopped, speaker.ether.sent.length]).toEqual([true, 0]);
});
