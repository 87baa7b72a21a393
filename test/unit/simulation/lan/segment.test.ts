import { expect, test } from 'vitest';
import { arpReply, arpRequest, writeArp } from '#test/simulation/lan/arp-message.ts';
import { ForeignHost } from '#test/simulation/lan/foreign-host.ts';
import { broadcastNumber, ipv4Number } from '#test/simulation/lan/octets.ts';
import type { Segment } from '#test/simulation/lan/segment.ts';
import { ipOf, macOf, Stage, type Listener } from '../stage.ts';

const vip = ipv4Number(ipOf('192.0.2.100'));
const askerIp = ipv4Number(ipOf('192.0.2.9'));

function request(from: Listener, destination = broadcastNumber, targetIp = vip): Uint8Array {
  const message = { operation: arpRequest, senderMac: from.mac, senderIp: askerIp, targetMac: 0, targetIp };
  return writeArp(destination, message);
}

/** Of the address; the switch learns from it where the host is. */
function announce(from: Listener, ip = vip): void {
  const message = { operation: arpRequest, senderMac: from.mac, senderIp: ip, targetMac: 0, targetIp: ip };
  from.attachment.send(writeArp(broadcastNumber, message));
}

function broadcast(from: Listener, times = 1): void {
  for (let count = 0; count < times; count++) from.attachment.send(request(from));
}

const counts = (...listeners: readonly Listener[]): readonly number[] => listeners.map(({ heard }) => heard.length);

test('a broadcast reaches all others, 0.3 ms later on average', () => {
  const stage = new Stage();
  const [sender, near, far] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  const times = 2000;
  const delaysUs: number[] = [];
  for (let count = 0; count < times; count++) {
    const sentUs = stage.scheduler.nowUs;
    broadcast(sender);
    stage.advance(10);
    delaysUs.push((near.heard.at(-1)?.atUs ?? 0) - sentUs);
  }
  expect(counts(sender, near, far)).toEqual([0, times, times]);
  const mean = delaysUs.reduce((sum, delay) => sum + delay, 0) / times;
  expect(Math.min(...delaysUs)).toBeGreaterThanOrEqual(150);
  expect(mean).toBeGreaterThan(285);
  expect(mean).toBeLessThan(315);
});

test('what one sends to another arrives in order', () => {
  const stage = new Stage();
  const [sender, receiver] = [stage.listener(1), stage.listener(2)];
  for (let ip = 0; ip < 100; ip++) sender.attachment.send(request(sender, broadcastNumber, ip));
  stage.advance(10);
  expect(receiver.heard.map(({ frame }) => frame.arp?.targetIp)).toEqual(Array.from({ length: 100 }, (_, ip) => ip));
});

test('reordering disturbs the order and loses nothing; its end ends it', () => {
  const stage = new Stage();
  const [sender, receiver] = [stage.listener(1), stage.listener(2)];
  const inOrder = (): boolean => {
    receiver.heard.length = 0;
    for (let ip = 0; ip < 100; ip++) sender.attachment.send(request(sender, broadcastNumber, ip));
    stage.advance(100);
    expect(receiver.heard).toHaveLength(100);
    return receiver.heard.every(({ frame }, at) => frame.arp?.targetIp === at);
  };
  const end = stage.segment.reorder();
  expect(inOrder()).toBe(false);
  end();
  expect(inOrder()).toBe(true);
});

test('loss is each receiver’s own, and ends', () => {
  const stage = new Stage();
  const [sender, near, far] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  const end = stage.segment.lose(20);
  for (let count = 0; count < 1000; count++) {
    broadcast(sender);
    stage.advance(5);
  }
  for (const heard of counts(near, far)) {
    expect(heard).toBeGreaterThan(750);
    expect(heard).toBeLessThan(850);
  }
  expect(near.heard.map(({ atUs }) => Math.floor(atUs / 5000))).not.toEqual(
    far.heard.map(({ atUs }) => Math.floor(atUs / 5000)),
  );
  end();
  const before = near.heard.length;
  broadcast(sender, 100);
  stage.advance(10);
  expect(near.heard.length - before).toBe(100);
});

test('loss in bursts: a third of the time nothing is heard, for 50 to 150 ms', () => {
  const stage = new Stage();
  const [sender, receiver] = [stage.listener(1), stage.listener(2)];
  stage.segment.loseInBursts();
  for (let count = 0; count < 10_000; count++) {
    broadcast(sender);
    stage.advance(5);
  }
  expect(receiver.heard.length).toBeGreaterThan(6000);
  expect(receiver.heard.length).toBeLessThan(7300);
  const gapsMs = receiver.heard.flatMap(({ atUs }, at) => {
    const gapMs = (atUs - (receiver.heard[at - 1]?.atUs ?? atUs)) / 1000;
    return gapMs > 8 ? [gapMs] : [];
  });
  expect(Math.min(...gapsMs)).toBeGreaterThan(40);
  expect(Math.max(...gapsMs)).toBeLessThan(160);
});

test('duplication brings some twice', () => {
  const stage = new Stage();
  const [sender, receiver] = [stage.listener(1), stage.listener(2)];
  stage.segment.duplicate(50);
  broadcast(sender, 1000);
  stage.advance(100);
  expect(receiver.heard.length).toBeGreaterThan(1430);
  expect(receiver.heard.length).toBeLessThan(1570);
});

function arrivalsUs(begin: (segment: Segment) => void): readonly number[] {
  const stage = new Stage();
  const [sender, receiver] = [stage.listener(1), stage.listener(2)];
  begin(stage.segment);
  for (let count = 0; count < 50; count++) {
    broadcast(sender);
    stage.advance(10);
  }
  return receiver.heard.map(({ atUs }) => atUs);
}

test.each<[string, (segment: Segment) => void, number]>([
  ['loss', (segment) => segment.lose(50), 0],
  ['loss in bursts', (segment) => segment.loseInBursts(), 0],
  ['duplication', (segment) => segment.duplicate(50), 50],
])('%s leaves the delays of what arrives alone', (_, begin, leastKept) => {
  const usual = new Set(arrivalsUs(() => {}));
  const found = arrivalsUs(begin);
  const kept = found.filter((atUs) => usual.has(atUs));
  expect(found.length).not.toBe(usual.size);
  expect(kept.length).toBe(leastKept === 0 ? found.length : leastKept);
});

test('a partition: its members hear each other only, and nobody else hears them', () => {
  const stage = new Stage();
  const [one, two, three] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  const end = stage.segment.partition(['h1', 'h2'], { oneWay: false });
  broadcast(one);
  broadcast(three);
  stage.advance(10);
  expect(counts(one, two, three)).toEqual([0, 1, 0]);
  end();
  broadcast(one);
  stage.advance(10);
  expect(counts(one, two, three)).toEqual([0, 2, 1]);
});

test('a one-way partition: the others still hear its members', () => {
  const stage = new Stage();
  const [one, two] = [stage.listener(1), stage.listener(2)];
  stage.segment.partition(['h1'], { oneWay: true });
  broadcast(one);
  broadcast(two);
  stage.advance(10);
  expect(counts(one, two)).toEqual([0, 1]);
});

test('deaf, mute, and without a carrier', () => {
  const stage = new Stage();
  const [one, two, three] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  const hears = two.attachment.deafen();
  const hearsAgain = two.attachment.deafen();
  const speaks = three.attachment.mute();
  for (const from of [one, two, three]) broadcast(from);
  stage.advance(10);
  expect(counts(one, two, three)).toEqual([1, 0, 2]);
  hears();
  hears();
  broadcast(one);
  stage.advance(10);
  expect(counts(two)).toEqual([0]);
  hearsAgain();
  speaks();
  one.attachment.plug(false);
  for (const from of [one, two, three]) broadcast(from);
  stage.advance(10);
  expect(counts(one, two, three)).toEqual([1, 1, 4]);
});

test('a frame longer than the MTU is not carried', () => {
  const stage = new Stage();
  const [one, two] = [stage.listener(1), stage.listener(2)];
  const long = new Uint8Array(1515);
  long.set(request(one));
  one.attachment.send(long);
  one.attachment.send(long.slice(0, 1514));
  stage.advance(10);
  expect(two.heard.map(({ frame }) => frame.bytes.length)).toEqual([1514]);
});

test('unicast goes to one once the switch knows where it is; until then, and after 300 s, to all', () => {
  const stage = new Stage();
  const [one, two, three] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  const ask = (): readonly number[] => {
    for (const { heard } of [two, three]) heard.length = 0;
    one.attachment.send(request(one, two.mac));
    stage.advance(10);
    return counts(two, three);
  };
  expect(ask()).toEqual([1, 1]);
  announce(two);
  expect(ask()).toEqual([1, 1]);
  expect(ask()).toEqual([1, 0]);
  stage.advance(299_000);
  expect(ask()).toEqual([1, 0]);
  stage.advance(2_000);
  expect(ask()).toEqual([1, 1]);
});

test('a MAC seen elsewhere last is sent there until it is seen again or forgotten', () => {
  const stage = new Stage();
  const [one, two, three] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  const reached = (): string | undefined => stage.segment.reached(one.attachment, two.mac)?.station.name;
  expect(reached()).toBe('h2');
  three.attachment.send(request(two));
  expect(reached()).toBeUndefined();
  let changes = 0;
  stage.segment.onPathsChanged(() => changes++);
  stage.advance(299_000);
  expect([reached(), changes]).toEqual([undefined, 0]);
  stage.advance(2_000);
  expect([reached(), changes]).toEqual(['h2', 1]);
  three.attachment.send(request(two));
  announce(two);
  expect(reached()).toBe('h2');
});

test('ARP suppression answers for those it has seen, also for the dead, and lets the question go no further', () => {
  const stage = new Stage({ arpSuppression: true });
  const [one, two, three] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  announce(two);
  stage.advance(10);
  two.attachment.plug(false);
  three.heard.length = 0;
  one.heard.length = 0;
  broadcast(one);
  stage.advance(10);
  expect(one.heard.map(({ frame }) => frame.arp)).toMatchObject([
    { operation: arpReply, senderMac: two.mac, senderIp: vip, targetMac: one.mac },
  ]);
  expect(three.heard).toEqual([]);
  one.attachment.send(request(one, two.mac));
  announce(three);
  stage.advance(10);
  one.heard.length = 0;
  broadcast(one);
  stage.advance(10);
  expect(one.heard.map(({ frame }) => frame.arp?.senderMac)).toEqual([three.mac]);
});

function answeredAfterMoves(betweenMs: number): number | undefined {
  const stage = new Stage({ arpSuppression: true, duplicateDetection: true });
  const [one, two, three] = [stage.listener(1), stage.listener(2), stage.listener(3)];
  for (let move = 0; move < 8; move++) {
    announce(move % 2 === 0 ? two : three);
    stage.advance(betweenMs);
  }
  one.heard.length = 0;
  broadcast(one);
  stage.advance(10);
  return one.heard[0]?.frame.arp?.senderMac;
}

test('duplicate detection freezes an address that moves 5 times in 180 s', () => {
  const [two, three] = [0x02_50_00_00_00_02, 0x02_50_00_00_00_03];
  expect(answeredAfterMoves(10_000)).toBe(two);
  expect(answeredAfterMoves(60_000)).toBe(three);
});

test('ARP inspection drops what says another MAC than it comes from', () => {
  const stage = new Stage({ arpInspection: true });
  const [one, two] = [stage.listener(1), stage.listener(2)];
  const forged = request(one);
  forged[6 + 5] = 0x77;
  one.attachment.send(forged);
  stage.advance(10);
  expect(counts(two)).toEqual([0]);
  broadcast(one);
  stage.advance(10);
  expect(counts(two)).toEqual([1]);
});

test('a multicast filter lets broadcasts through', () => {
  const stage = new Stage({ multicastFilter: true });
  const [one, two] = [stage.listener(1), stage.listener(2)];
  one.attachment.send(request(one, 0x01_00_5e_00_00_01));
  broadcast(one);
  stage.advance(10);
  expect(two.heard.map(({ type }) => type)).toEqual([1]);
});

test('a foreign host announces its claim, answers for it, and defends it once in 10 s', () => {
  const stage = new Stage();
  const foreign = new ForeignHost({ name: 'foreign', mac: macOf('02:50:00:00:00:66'), segment: stage.segment }, stage);
  const one = stage.listener(1);
  const end = foreign.claim(ipOf('192.0.2.100'));
  stage.advance(5000);
  expect(one.heard.map(({ frame }) => frame.arp)).toMatchObject([
    { operation: arpRequest, senderIp: vip },
    { operation: arpRequest, senderIp: vip },
  ]);
  broadcast(one);
  stage.advance(10);
  expect(one.heard.at(-1)?.frame.arp).toMatchObject({ operation: arpReply, senderMac: foreign.mac, senderIp: vip });
  stage.advance(10_000);
  const before = one.heard.length;
  for (let count = 0; count < 5; count++) {
    announce(one);
    stage.advance(100);
  }
  expect(one.heard.length - before).toBe(1);
  end();
  broadcast(one);
  stage.advance(10);
  expect(one.heard.length - before).toBe(1);
});

test('ARP that leaves a station is traced: who, what, for which address', () => {
  const stage = new Stage();
  const one = stage.listener(1);
  broadcast(one);
  one.attachment.send(request(one, 0x02_50_00_00_00_02));
  announce(one);
  expect(stage.lines).toEqual([
    '0.000000 h1 arp request 192.0.2.100: by 192.0.2.9 (#1)',
    '0.000000 h1 arp request 192.0.2.100: by 192.0.2.9 (unicast) (#2 after #1)',
    '0.000000 h1 arp announcement request 192.0.2.100: 02:50:00:00:00:01 (#3 after #2)',
  ]);
});
