import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, type Mac } from '#shared/net/mac.ts';
import { arpOperations, arpReply, decodeArpFrame, encodeArpFrame } from '#speaker/l2/arp.ts';
import { packetTypes } from '#speaker/l2/classic-bpf.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';
import { PlayedEther } from '../played-udp.ts';
import { Speaker } from './played-speaker.ts';

const names = ['n1', 'n2', 'n3'];
const vips = Array.from({ length: 6 }, (_, index) => `192.0.2.${100 + index}` as Ip);

/** Speakers of several nodes, each with eth0 in 192.0.2.0/24, that hear each other; their kernels answer for their own addresses. */
class Nodes {
  readonly timers = new VirtualClock();
  readonly ether = new PlayedEther(this.timers.scheduler);
  readonly #dead = new Set<string>();
  readonly speakers = names.map((name) => this.speaker(name));

  speaker(name: string, incarnation = 1): Speaker {
    const number = names.indexOf(name) + 1;
    const links = [ethernet(2, 'eth0', { mac: macOf(number) })];
    const state = network(links, [address(2, `192.0.2.${number}`, 24)]);
    const speaker = new Speaker({ name, state, nodes: names, timers: this.timers, ether: this.ether, incarnation });
    this.#letKernelsAnswer(speaker);
    return speaker;
  }

  powerOff({ name }: Speaker): void {
    this.#dead.add(name);
    this.ether.lose(({ party }) => party === name);
  }

  #letKernelsAnswer({ sockets }: Speaker): void {
    const socket = sockets.on(2);
    const send = socket.send.bind(socket);
    socket.send = (frame) => {
      const { ethernet: asked, arp } = decodeArpFrame(frame);
      const number = names.findIndex((_, index) => arp.targetIp === `192.0.2.${index + 1}`) + 1;
      const isAsked = arp.operation === arpOperations.request && asked.destination !== broadcastMac;
      if (isAsked && number > 0 && !this.#dead.has(`n${number}`)) {
        this.timers.after(0, () => {
          socket.arrive(encodeArpFrame(arpReply(macOf(number), arp)), packetTypes.host);
          socket.read();
        });
      }
      return send(frame);
    };
  }

  desire(): void {
    for (const speaker of this.speakers) speaker.desire(vips.map((ip) => ({ ip })));
  }
}

function macOf(number: number): Mac {
  return `02:00:00:00:01:0${number}` as Mac;
}

function ownersOf(ip: Ip, speakers: readonly Speaker[]): readonly string[] {
  return speakers.filter((speaker) => speaker.answers(2, ip)).map(({ name }) => name);
}

test('each address has one owner, and no node has more than its share', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const owners = vips.map((ip) => ownersOf(ip, speakers));
  expect(owners.every(({ length }) => length === 1)).toBe(true);
  expect(new Set(owners.flat())).toEqual(new Set(names));
  expect(speakers[0]?.observed.segments).toMatchObject([{ segment: 'eth0', phase: 'joined', members: { up: 3 } }]);
});

test('the addresses of a node that falls silent are answered by the others within a second, and no other moves', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const [n1, n2, n3] = speakers as [Speaker, Speaker, Speaker];
  const before = vips.map((ip) => ownersOf(ip, speakers)[0]);
  nodes.powerOff(n3);
  timers.advance(1_000);
  const after = vips.map((ip) => ownersOf(ip, [n1, n2]));
  expect(after.every(({ length }) => length === 1)).toBe(true);
  const stayed = before.flatMap((owner, index) => (owner === 'n3' ? [] : [[owner, after[index]?.[0]]]));
  expect(stayed.every(([owner, now]) => owner === now)).toBe(true);
  const causes = [n1, n2].flatMap(({ ownerChanges }) => ownerChanges.filter(({ cause }) => cause === 'silent'));
  expect(causes).toHaveLength(before.filter((owner) => owner === 'n3').length);
});

test('a newer process of the same node takes over what the older one had; the older one is retired, and nothing moves', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const [old, ...others] = speakers as [Speaker, ...Speaker[]];
  const before = vips.filter((ip) => old.answers(2, ip));
  const changes = others.map(({ ownerChanges }) => ownerChanges.length);
  const next = nodes.speaker('n1', 2);
  next.desire(vips.map((ip) => ({ ip })));
  timers.advance(3_000);
  expect(before.length).toBeGreaterThan(0);
  expect(vips.filter((ip) => next.answers(2, ip))).toEqual(before);
  expect(next.ownerChanges.map(({ cause }) => cause)).toEqual(before.map(() => 'adopt'));
  expect([old.observed.retired, old.sockets.openInterfaces]).toEqual([true, []]);
  expect(others.map(({ ownerChanges }) => ownerChanges.length)).toEqual(changes);
});

test('a speaker that ends says so: its addresses are kept for it', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const [ended, ...others] = speakers as [Speaker, ...Speaker[]];
  ended.channel.post({ kind: 'stop', mode: 'restart' });
  timers.advance(9_000);
  expect(others.map(({ observed }) => observed.segments[0]?.members)).toEqual([
    { up: 2, speakerDown: 1 },
    { up: 2, speakerDown: 1 },
  ]);
});

test('a node of another key is no member, and its datagrams are counted', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  const [n1, , n3] = speakers as [Speaker, Speaker, Speaker];
  n3.surround({ keys: { current: { id: 9, bytes: new Uint8Array(32) }, previous: undefined } });
  nodes.desire();
  timers.advance(6_000);
  expect(n1.observed.segments[0]?.members).toEqual({ up: 2 });
  expect(n1.counter('ingot_segment_dropped_total', { reason: 'key' })).toBeGreaterThan(0);
});

test('a segment that comes back listens before it takes anything, as at the beginning', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const [n1] = speakers as [Speaker, ...Speaker[]];
  n1.surround({ ranges: [] });
  timers.advance(70_000);
  n1.surround();
  timers.advance(100);
  expect(n1.observed.segments).toMatchObject([{ segment: 'eth0', phase: 'joining' }]);
});

test('an address that nobody may announce any more is not taken up again when its segment comes back', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const [n1] = speakers as [Speaker, ...Speaker[]];
  n1.surround({ ranges: [] });
  timers.advance(70_000);
  n1.desire(vips.map((ip) => ({ ip, candidates: new Map() })));
  n1.surround();
  timers.advance(3_000);
  expect(n1.ownerChanges.filter(({ cause }) => cause === 'adopt')).toEqual([]);
});

test('a pool that is replaced takes nothing away: its LAN is not left for a moment', () => {
  const nodes = new Nodes();
  const { speakers, timers } = nodes;
  nodes.desire();
  timers.advance(6_000);
  const before = vips.map((ip) => ownersOf(ip, speakers));
  for (const speaker of speakers) speaker.surround({ ranges: [] });
  for (const speaker of speakers) speaker.surround();
  expect(vips.map((ip) => ownersOf(ip, speakers))).toEqual(before);
});
