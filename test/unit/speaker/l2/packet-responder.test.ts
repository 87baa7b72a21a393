import { expect, test } from 'vitest';
import { ipToNumber, type Family, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { Prefix } from '#shared/net/range.ts';
import { decodeArpFrame, encodeArpFrame } from '#speaker/l2/arp.ts';
import { changesPerTurn } from '#speaker/l2/group-memberships.ts';
import { solicitedNodeGroup } from '#speaker/l2/ipv6-multicast.ts';
import { decodeNdpFrame, encodeNdpFrame, ndpQuestion } from '#speaker/l2/ndp.ts';
import type { NeighbourMessage } from '#speaker/l2/neighbour-protocol.ts';
import { PacketResponder } from '#speaker/l2/packet-responder.ts';
import type { SystemFailure } from '#speaker/l2/packet-socket.ts';
import type { SuitableInterface } from '#speaker/l2/suitable-interfaces.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedSockets } from '../played-sockets.ts';

const own = '02:50:00:00:00:01' as Mac;
const client = '02:50:00:00:00:09' as Mac;
const broadcast = 'ff:ff:ff:ff:ff:ff' as Mac;
const zero = '00:00:00:00:00:00' as Mac;
const vip = '192.0.2.100' as Ip;
const vip6 = '2001:db8::100' as Ip;
const ownIp = '192.0.2.1' as Ip;
const clientIp = '192.0.2.9' as Ip;
const clientIp6 = 'fe80::9' as Ip;
const ipv6 = 0x86dd;
const refused: SystemFailure = { call: 'socket', code: 'EPERM' };
const down: SystemFailure = { call: 'recvmsg', code: 'ENETDOWN' };

const eth0: SuitableInterface = {
  index: 2,
  name: 'eth0',
  mac: own,
  carrier: true,
  families: ['IPv4', 'IPv6'],
  prefixes: [{ ip: ownIp, prefixBits: 24 }],
  onLink: [],
};

const numbered = (...ips: readonly Ip[]) => ips.map((ip) => ({ ip, value: ipToNumber(ip) }));

/** 2001:db8::1:0 and on. */
const many6 = (count: number): Ip[] =>
  Array.from({ length: count }, (_, at) => `2001:db8::1:${(at + 1).toString(16)}` as Ip);

const groupsOf = (ips: readonly Ip[]): ReadonlySet<Ip> => new Set(ips.map(solicitedNodeGroup));

class Stage {
  readonly clock = new VirtualClock();
  readonly sockets = new PlayedSockets();
  readonly heard: NeighbourMessage[] = [];
  readonly socketChanges: Family[] = [];
  readonly responder: PacketResponder;
  counted = 0;
  gapEnded = false;
  onHeard = (): void => {};

  constructor(on: Partial<SuitableInterface> = {}) {
    this.responder = new PacketResponder(
      { ...eth0, ...on },
      {
        clock: this.clock,
        packetSockets: this.sockets,
        gapEnded: () => this.gapEnded,
        heard: (message) => {
          this.heard.push(message);
          this.onHeard();
        },
        counted: () => this.counted++,
        socketChanged: (family) => this.socketChanges.push(family),
      },
    );
  }

  /** With its sockets open, and hearing of both addresses. */
  static open(on: Partial<SuitableInterface> = {}): Stage {
    const stage = new Stage(on);
    stage.responder.open();
    stage.responder.hear(numbered(vip, vip6));
    return stage;
  }

  /** What is sent while something happens, as `reply 192.0.2.100`. */
  sent(happen: () => void): readonly string[] {
    const already = new Map([...this.#sentNow()].map(([family, frames]) => [family, frames.length]));
    happen();
    return [...this.#sentNow()].flatMap(([family, frames]) =>
      frames.slice(already.get(family) ?? 0).map((frame) => (family === 'IPv4' ? arpText(frame) : ndpText(frame))),
    );
  }

  #sentNow(): ReadonlyMap<Family, readonly Uint8Array[]> {
    return new Map([
      ['IPv4', this.sockets.isOpen(2, 0x0806) ? this.sockets.on(2).sent : []],
      ['IPv6', this.sockets.isOpen(2, ipv6) ? this.sockets.on(2, ipv6).sent : []],
    ]);
  }

  /** A client's question comes in, and is not read yet. */
  arrive(ip: Ip): void {
    if (ip.includes(':')) {
      this.sockets.on(2, ipv6).arrive(encodeNdpFrame(ndpQuestion({ mac: client, ip: clientIp6 }, ip, undefined)));
      return;
    }
    const arp = { operation: 1, senderMac: client, senderIp: clientIp, targetMac: zero, targetIp: ip };
    this.sockets
      .on(2)
      .arrive(encodeArpFrame({ ethernet: { destination: broadcast, source: client, etherType: 0x0806 }, arp }));
  }

  answersTo(ip: Ip): readonly string[] {
    return this.sent(() => {
      this.arrive(ip);
      this.responder.receiveWaiting();
    });
  }
}

function arpText(frame: Uint8Array): string {
  const { arp } = decodeArpFrame(frame);
  if (arp.senderIp === arp.targetIp) return `announcement ${arp.senderIp}`;
  return arp.operation === 2 ? `reply ${arp.senderIp}` : `question ${arp.targetIp}`;
}

function ndpText(frame: Uint8Array): string {
  const { message } = decodeNdpFrame(frame);
  if (message.kind === 'solicitation') return `question ${message.target}`;
  return `${message.solicited ? 'reply' : 'announcement'} ${message.target}`;
}

const announced = (ip: Ip): readonly string[] =>
  Array.from({ length: ip.includes(':') ? 1 : 2 }, () => `announcement ${ip}`);

test.each([vip, vip6])(
  '%s is announced and answered from the moment it is taken, and not any more once it is lost',
  (ip) => {
    const stage = Stage.open();
    expect(stage.answersTo(ip)).toEqual([]);
    expect(stage.sent(() => stage.responder.answer([ip], 'schedule'))).toEqual(announced(ip));
    expect(stage.responder.isAnswering(ip)).toBe(true);
    expect(stage.answersTo(ip)).toEqual([`reply ${ip}`]);
    stage.responder.silence([ip]);
    expect([stage.responder.isAnswering(ip), stage.responder.countersOf(ip)]).toEqual([false, undefined]);
    expect(stage.answersTo(ip)).toEqual([]);
    expect(stage.sent(() => stage.clock.advance(10_000))).toEqual([]);
  },
);

test('what was done for an address is counted', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'schedule');
  stage.clock.advance(5000);
  stage.answersTo(vip);
  expect(stage.responder.countersOf(vip)).toEqual({ requests: 1, replies: 1, announcements: 12 });
  expect(stage.counted).toBe(13);
});

test('an address may be taken with one announcement, or with none', () => {
  const stage = Stage.open();
  expect(stage.sent(() => stage.responder.answer([vip], 'none'))).toEqual([]);
  expect(stage.sent(() => stage.responder.answer([vip6], 'once'))).toEqual(announced(vip6));
  expect(stage.sent(() => stage.clock.advance(10_000))).toEqual([]);
  expect([stage.answersTo(vip), stage.answersTo(vip6)]).toEqual([[`reply ${vip}`], [`reply ${vip6}`]]);
});

test('an address that is answered already is announced anew if it is taken anew', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'none');
  expect(stage.sent(() => stage.responder.answer([vip], 'none'))).toEqual([]);
  expect(stage.sent(() => stage.responder.answer([vip], 'schedule'))).toEqual(announced(vip));
});

test('an address that is answered is announced once more on demand, and goes on with its rounds', () => {
  const stage = Stage.open();
  expect(stage.sent(() => stage.responder.announce(vip))).toEqual([]);
  stage.responder.answer([vip], 'schedule');
  stage.clock.advance(50);
  expect(stage.sent(() => stage.responder.announce(vip))).toEqual(announced(vip));
  expect(stage.sent(() => stage.clock.advance(10_000)).length).toBeGreaterThanOrEqual(10);
  expect(stage.sent(() => stage.responder.announce(vip))).toEqual(announced(vip));
  expect(stage.sent(() => stage.clock.advance(10_000))).toEqual([]);
});

test('how many wait for their first announcement is known', () => {
  const stage = Stage.open();
  stage.responder.answer(
    Array.from({ length: 60 }, (_, at) => `192.0.2.${at + 100}` as Ip),
    'schedule',
  );
  expect(stage.responder.announcementsQueued).toBe(10);
  stage.clock.advance(10);
  expect(stage.responder.announcementsQueued).toBe(0);
});

test('whoever hears a message decides whether it is answered', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'none');
  stage.onHeard = () => stage.responder.silence([vip]);
  expect(stage.answersTo(vip)).toEqual([]);
  expect(stage.heard).toEqual([{ asks: true, mac: client, ip: clientIp, target: vip, sentTo: 'all' }]);
});

test('only what is said about the addresses that matter is heard, but whatever answers this station is', () => {
  const stage = Stage.open();
  stage.answersTo('192.0.2.55' as Ip);
  expect(stage.heard).toEqual([]);
  const arp = { operation: 2, senderMac: client, senderIp: clientIp, targetMac: own, targetIp: ownIp };
  const ethernet = { destination: own, source: client, etherType: 0x0806 };
  stage.sockets.on(2).arrive(encodeArpFrame({ ethernet, arp }), 0);
  stage.responder.receiveWaiting();
  expect(stage.heard).toEqual([{ asks: false, mac: client, ip: clientIp, target: ownIp, sentTo: 'us' }]);
  stage.responder.hear(numbered('192.0.2.55' as Ip));
  stage.answersTo('192.0.2.55' as Ip);
  expect(stage.heard).toHaveLength(2);
});

test('what cannot be read is counted', () => {
  const stage = Stage.open();
  const frame = encodeNdpFrame(ndpQuestion({ mac: client, ip: clientIp6 }, vip6, undefined));
  frame[57] = (frame[57] ?? 0) ^ 1;
  stage.sockets.on(2, ipv6).arrive(frame);
  stage.responder.receiveWaiting();
  expect([stage.responder.malformed, stage.heard]).toEqual([1, []]);
});

test('while mute nothing is answered or announced, and what waited at the beginning is forgotten', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'schedule');
  stage.sockets.on(2).outcomes.push('full');
  stage.answersTo(vip);
  stage.arrive(vip);
  stage.responder.mute();
  expect(stage.responder.isAnswering(vip)).toBe(false);
  expect(stage.sent(() => stage.clock.advance(3000))).toEqual([]);
  stage.heard.length = 0;
  expect(stage.answersTo(vip)).toEqual([]);
  expect(stage.heard).toHaveLength(1);
  expect(stage.sent(() => stage.responder.unmute())).toEqual(announced(vip));
  expect(stage.answersTo(vip)).toEqual([`reply ${vip}`]);
});

test('questions are asked even while mute: this is how it is found out whether all is well', () => {
  const stage = Stage.open();
  stage.responder.mute();
  expect(stage.sent(() => stage.responder.probe(vip))).toEqual([`question ${vip}`]);
});

test.each([
  [vip, '0.0.0.0', '192.0.2.1'],
  [vip6, '::', 'fe80::1'],
] as const)(
  'a probe for %s comes from %s to all, a question from the address given, to one or to all',
  (ip, nobody, from) => {
    const stage = Stage.open();
    const isIpv6 = ip.includes(':');
    const toAll = isIpv6 ? '33:33:ff:00:01:00' : broadcast;
    stage.responder.probe(ip);
    stage.responder.question(ip, undefined, from as Ip);
    stage.responder.question(ip, client, from as Ip);
    const frames = stage.sockets.on(2, isIpv6 ? ipv6 : 0x0806).sent;
    const asked = frames.map((frame) => {
      if (isIpv6) {
        const { ethernet, source } = decodeNdpFrame(frame);
        return [ethernet.destination, ethernet.source, source];
      }
      const { ethernet, arp } = decodeArpFrame(frame);
      return [ethernet.destination, ethernet.source, arp.senderIp];
    });
    expect(asked).toEqual([
      [toAll, own, nobody],
      [toAll, own, from],
      [client, own, from],
    ]);
  },
);

test('an IPv6 address is announced only when its group is joined, and its group is left with it', () => {
  const stage = Stage.open();
  const ips = many6(changesPerTurn + 8);
  const first = stage.sent(() => stage.responder.answer(ips, 'once'));
  expect(stage.sockets.on(2, ipv6).groups).toEqual(groupsOf(ips.slice(0, changesPerTurn)));
  expect(first).toEqual(ips.slice(0, changesPerTurn).flatMap(announced));
  expect(stage.sent(() => stage.clock.advance(10))).toEqual(ips.slice(changesPerTurn).flatMap(announced));
  stage.responder.silence(ips.slice(3));
  stage.clock.advance(10);
  expect(stage.sockets.on(2, ipv6).groups).toEqual(groupsOf(ips.slice(0, 3)));
});

test('addresses of one group keep it until the last of them is lost', () => {
  const stage = Stage.open();
  const twin = '2001:db8:1::100' as Ip;
  stage.responder.answer([vip6, twin], 'none');
  stage.responder.silence([vip6]);
  expect([...stage.sockets.on(2, ipv6).groups]).toEqual([solicitedNodeGroup(twin)]);
  stage.responder.silence([twin]);
  expect([...stage.sockets.on(2, ipv6).groups]).toEqual([]);
});

test('while the socket is refused nothing is answered; with the socket everything is announced', () => {
  const stage = new Stage();
  stage.sockets.refusal = refused;
  stage.responder.open();
  stage.responder.hear(numbered(vip, vip6));
  stage.responder.answer([vip, vip6], 'schedule');
  expect([...stage.responder.sockets.values()].map(({ failure }) => failure)).toEqual([refused, refused]);
  expect([stage.responder.isAnswering(vip), stage.responder.isAnswering(vip6)]).toEqual([false, false]);
  stage.responder.open();
  expect(stage.socketChanges).toEqual(['IPv4', 'IPv6']);
  stage.sockets.refusal = undefined;
  expect(stage.sent(() => stage.responder.open())).toEqual([...announced(vip), ...announced(vip6)]);
  expect(stage.socketChanges).toEqual(['IPv4', 'IPv6', 'IPv4', 'IPv6']);
  expect(stage.answersTo(vip)).toEqual([`reply ${vip}`]);
});

test.each(['schedule', 'once', 'none'] as const)(
  'what was taken with announce "%s" and lost its socket is announced when it has one again: neighbours may have forgotten',
  (announce) => {
    const stage = Stage.open();
    stage.responder.answer([vip], announce);
    stage.sockets.on(2).fail(down);
    expect(stage.responder.isAnswering(vip)).toBe(false);
    expect(stage.responder.sockets.get('IPv4')?.failure).toEqual(down);
    expect(stage.sent(() => stage.clock.advance(10_000))).toEqual([]);
    expect(stage.sent(() => stage.responder.open())).toEqual(announced(vip));
    expect(stage.answersTo(vip)).toEqual([`reply ${vip}`]);
  },
);

test('a new MAC or an address of its own makes everything be announced; the same again does not', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'none');
  const renewed = { ...eth0, mac: '02:50:00:00:00:02' as Mac };
  expect(stage.sent(() => stage.responder.update(renewed))).toEqual(announced(vip));
  expect(stage.sent(() => stage.responder.update({ ...renewed, onLink: [] }))).toEqual([]);
  const prefixes: readonly Prefix[] = [...eth0.prefixes, { ip: '198.51.100.1' as Ip, prefixBits: 24 }];
  expect(stage.sent(() => stage.responder.update({ ...renewed, prefixes }))).toEqual(announced(vip));
  expect(stage.sent(() => stage.responder.update(renewed))).toEqual([]);
});

test('without a carrier nothing is answered; when it returns, everything is announced', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'none');
  stage.responder.update({ ...eth0, carrier: false });
  expect(stage.responder.isAnswering(vip)).toBe(false);
  expect(stage.answersTo(vip)).toEqual([]);
  expect(stage.sent(() => stage.responder.update(eth0))).toEqual(announced(vip));
});

test('a family comes and goes with the link-local address', () => {
  const stage = Stage.open({ families: ['IPv4'] });
  stage.responder.answer([vip6], 'schedule');
  expect(stage.sockets.isOpen(2, ipv6)).toBe(false);
  expect(stage.sent(() => stage.responder.update(eth0))).toEqual(announced(vip6));
  expect(stage.answersTo(vip6)).toEqual([`reply ${vip6}`]);
  stage.responder.update({ ...eth0, families: ['IPv4'] });
  expect([stage.sockets.isOpen(2, ipv6), stage.responder.isAnswering(vip6)]).toEqual([false, false]);
});

test('a frame that is in hand when a gap is noticed is not answered', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'none');
  stage.gapEnded = true;
  expect(stage.answersTo(vip)).toEqual([]);
  expect(stage.heard).toEqual([]);
});

test('after its end it is silent', () => {
  const stage = Stage.open();
  stage.responder.answer([vip], 'schedule');
  stage.responder.close();
  expect([stage.sockets.openInterfaces, stage.responder.isAnswering(vip)]).toEqual([[], false]);
  expect(stage.sent(() => stage.clock.advance(10_000))).toEqual([]);
});

test('whoever probes an IPv6 address hears others that do, for as long as the probing takes', () => {
  const stage = Stage.open();
  const groups = () => [...stage.sockets.on(2, ipv6).groups];
  const group = solicitedNodeGroup(vip6);
  stage.responder.probe(vip6);
  expect(groups()).toEqual([group]);
  stage.clock.advance(500);
  stage.responder.probe(vip6);
  stage.clock.advance(999);
  expect(groups()).toEqual([group]);
  stage.clock.advance(1);
  expect(groups()).toEqual([]);
});
