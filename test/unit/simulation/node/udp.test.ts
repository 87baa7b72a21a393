import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { SystemFailure } from '#speaker/l2/packet-socket.ts';
import type { UdpEndpoint, UdpReceiver, UdpSocket, UdpSockets } from '#speaker/l2/udp-socket.ts';
import { segmentPort as port } from '#test/simulation/lan/udp-packet.ts';
import { bufferedDatagrams } from '#test/simulation/node/udp-socket.ts';
import type { Thread } from '#test/simulation/thread.ts';
import { ipOf, Stage, type SimulatedNode } from '../stage.ts';

const group = ipOf('224.0.0.254');
const group6 = ipOf('ff02::114');
const addressOf = (number: number): Ip => ipOf(`192.0.2.${number}`);

type Heard = readonly [datagram: unknown, from: Ip];

interface Program {
  readonly thread: Thread;
  readonly heard: Heard[];
  readonly group: UdpReceiver;
  readonly own: UdpSocket<unknown>;
  send(datagram: unknown, to: Ip, toPort?: number): void;
  readonly outcomes: string[];
  end(): void;
}

/** A program that listens to the group and to its node's address. */
function program({ kernel, nic }: SimulatedNode, stage: Stage, own: Ip, ownPort = port): Program {
  const thread = stage.thread(`${kernel.name}/wire`);
  const network = kernel.forProcess(thread);
  const heard: Heard[] = [];
  const outcomes: string[] = [];
  const listener = {
    datagram: (datagram: unknown, { ip }: UdpEndpoint) => void heard.push([datagram, ip]),
    failed() {},
  };
  const [receiver, socket] = inTurn(thread, stage, () => {
    const options = { interfaceIndex: nic.index, port: ownPort };
    const sockets: UdpSockets<unknown> = network.udpSockets;
    return [
      opened(sockets.listenToGroup({ ...options, ip: own.includes(':') ? group6 : group, port }, listener)),
      opened(sockets.open({ ...options, ip: own }, listener)),
    ] as const;
  });
  return {
    thread,
    heard,
    outcomes,
    group: receiver,
    own: socket,
    send: (datagram, ip, toPort = port) =>
      thread.receive(() => void outcomes.push(socket.send(datagram, { ip, port: toPort })), 1),
    end: () => network.end(),
  };
}

function inTurn<Result>(thread: Thread, stage: Stage, work: () => Result): Result {
  const results: Result[] = [];
  thread.receive(() => void results.push(work()), 1);
  // It may still be busy with what came before.
  stage.advance(1);
  return results[0] as Result;
}

function opened<Socket extends object>(socket: Socket | SystemFailure): Socket {
  if ('code' in socket) throw new Error(`${socket.call} ${socket.code}`);
  return socket;
}

function twoPrograms() {
  const stage = new Stage();
  const [one, two] = [stage.node(1), stage.node(2)];
  return { stage, one, two, a: program(one, stage, addressOf(1)), b: program(two, stage, addressOf(2)) };
}

const arpRequests = (stage: Stage): number => stage.lines.filter((line) => line.includes('arp request')).length;

test('what is sent to the group is heard by all programs that listen, on this machine too', () => {
  const { stage, one, a, b } = twoPrograms();
  const beside = program(one, stage, addressOf(1));
  a.send('hello', group);
  stage.advance(5);
  for (const { heard } of [a, b, beside]) expect(heard).toEqual([['hello', '192.0.2.1']]);
  expect(a.outcomes).toEqual(['sent']);
});

test('octets arrive as they were when they were sent, objects are the same', () => {
  const { stage, a, b } = twoPrograms();
  const octets = Uint8Array.of(1, 2, 3);
  const object = { kind: 'beat' };
  a.send(octets, addressOf(2));
  a.send(object, addressOf(2));
  a.thread.receive(() => void octets.fill(9), 1);
  stage.advance(5);
  expect(b.heard.map(([datagram]) => datagram)).toEqual([Uint8Array.of(1, 2, 3), object]);
  expect(b.heard[1]?.[0]).toBe(object);
});

/** How much both programs have heard after each of 200 datagrams with this payload. */
function arrivals(payload: unknown): readonly string[] {
  const { stage, one, a, b } = twoPrograms();
  const end = stage.segment.lose(20);
  const seen: string[] = [];
  for (let count = 0; count < 200; count++) {
    a.send(payload, count % 3 === 0 ? group : addressOf(2));
    if (count === 100) one.nic.changeMac('02:00:00:00:00:99' as never);
    stage.advance(7);
    seen.push(`${stage.scheduler.nowUs} ${stage.scheduler.events} ${a.heard.length} ${b.heard.length}`);
  }
  end();
  return seen;
}

test('objects and octets travel alike: the same arrives at the same time', () => {
  const octets = arrivals(new Uint8Array(100));
  expect(arrivals({ kind: 'beat' })).toEqual(octets);
  expect(octets.at(-1)).not.toBe(octets.at(-2));
});

test('the first datagram to a neighbour waits for its MAC address, the others go at once', () => {
  const { stage, a, b } = twoPrograms();
  a.send('one', addressOf(2));
  a.send('two', addressOf(2));
  stage.advance(5);
  expect(b.heard.map(([datagram]) => datagram)).toEqual(['one', 'two']);
  expect(arpRequests(stage)).toBe(1);
  const seen = stage.segment.sent;
  a.send('three', addressOf(2));
  stage.advance(5);
  expect(stage.segment.sent).toBe(seen + 1);
  expect(b.heard).toHaveLength(3);
});

test('a neighbour is asked by unicast now and then, and found again where its MAC address has changed', () => {
  const { stage, two, a, b } = twoPrograms();
  const say = (): void => {
    for (let second = 0; second < 120; second++) {
      a.send(second, addressOf(2));
      stage.advance(1000);
    }
  };
  say();
  expect(b.heard).toHaveLength(120);
  const unicasts = stage.lines.filter((line) => line.includes('arp request') && line.includes('unicast')).length;
  expect(unicasts).toBeGreaterThan(1);
  two.nic.changeMac('02:00:00:00:00:99' as never);
  say();
  expect(b.heard.length).toBeGreaterThan(120 + 60);
  expect(b.heard.length).toBeLessThan(240);
});

test('what is sent to who is not there is lost, and it is asked for again', () => {
  const { stage, a } = twoPrograms();
  a.send('anybody?', addressOf(7));
  stage.advance(10_000);
  expect([a.outcomes, arpRequests(stage)]).toEqual([['sent'], 3]);
  a.send('anybody?', addressOf(7));
  stage.advance(10_000);
  expect(arpRequests(stage)).toBe(6);
});

test('what is sent to the address comes to the program that opened last, and to the other when that has ended', () => {
  const { stage, one, a, b } = twoPrograms();
  const newer = program(one, stage, addressOf(1));
  b.send('first', addressOf(1));
  stage.advance(5);
  newer.end();
  b.send('second', addressOf(1));
  stage.advance(5);
  expect([newer.heard.map(([datagram]) => datagram), a.heard.map(([datagram]) => datagram)]).toEqual([
    ['first'],
    ['second'],
  ]);
});

test('a socket on any free port is answered there', () => {
  const { stage, one, b } = twoPrograms();
  const joining = program(one, stage, addressOf(1), 0);
  expect(joining.own.port).toBeGreaterThan(1023);
  b.send('welcome', addressOf(1), joining.own.port);
  stage.advance(5);
  expect(joining.heard).toEqual([['welcome', '192.0.2.2']]);
});

test('a held program finds what fits in its buffer; the rest is counted', () => {
  const { stage, a, b } = twoPrograms();
  const go = b.thread.hold();
  for (let count = 0; count < bufferedDatagrams + 10; count++) a.send(count, group);
  stage.advance(1000);
  go();
  stage.advance(1000);
  expect(b.heard.map(([datagram]) => datagram)).toEqual(Array.from({ length: bufferedDatagrams }, (_, at) => at));
  expect(b.group.statistics()).toMatchObject({ received: bufferedDatagrams, kernelDrops: 10 });
});

test('what waits can be taken in in the middle of a turn, once', () => {
  const { stage, a, b } = twoPrograms();
  let seen: readonly number[] = [];
  const look = (): void => {
    const before = b.heard.length;
    b.group.receiveWaiting();
    seen = [before, b.heard.length];
  };
  inTurn(b.thread, stage, () => b.thread.clock.after(50, look));
  const go = b.thread.hold();
  a.send('one', group);
  a.send('two', group);
  stage.advance(100);
  go();
  stage.advance(100);
  expect([seen, b.heard.length]).toEqual([[0, 2], 2]);
});

test('nothing is heard with another hop limit than 255', () => {
  const { stage, one, b } = twoPrograms();
  const packet = {
    source: { ip: addressOf(1), port },
    destination: { ip: addressOf(2), port },
    datagram: 'from afar',
  };
  for (const hopLimit of [254, 255]) {
    const frame = {
      bytes: new Uint8Array(0),
      destination: 2,
      source: 1,
      arp: undefined,
      ndp: undefined,
      udp: { ...packet, hopLimit },
    };
    const destination = 0x02_00_00_00_00_02;
    one.nic.attachment.sendFrame({ ...frame, destination });
  }
  stage.advance(5);
  expect(b.heard).toHaveLength(1);
  expect(b.own.statistics()).toMatchObject({ received: 1, kernelDrops: 1 });
});

test.each<[string, (stage: Stage, node: SimulatedNode) => Cancel, string]>([
  ['an interface that is switched off', (_, { nic }) => nic.switchOff(), 'failed'],
  ['a lost carrier', (_, { nic }) => nic.loseCarrier(), 'sent'],
  ['a mute interface', (_, { nic }) => nic.mute(), 'sent'],
  [
    'an address that is gone',
    (_, { nic }) => {
      nic.setAddresses([]);
      return () => nic.setAddresses(['192.0.2.1/24']);
    },
    'failed',
  ],
  ['a filter of the segment port', ({ segment }) => segment.filterUdp(), 'sent'],
])('%s lets nothing through until it is over', (_, begin, outcome) => {
  const { stage, one, a, b } = twoPrograms();
  const end = begin(stage, one);
  a.send('lost', group);
  a.send('lost', addressOf(2));
  stage.advance(5);
  expect([a.outcomes, b.heard]).toEqual([[outcome, outcome], []]);
  end();
  stage.advance(5_000);
  a.send('heard', addressOf(2));
  stage.advance(5_000);
  expect(b.heard.at(-1)?.[0]).toBe('heard');
});

test('a filter of groups lets unicasts and ARP through', () => {
  const { stage, a, b } = twoPrograms();
  const end = stage.segment.filterMulticast();
  a.send('group', group);
  a.send('unicast', addressOf(2));
  stage.advance(5);
  expect(b.heard.map(([datagram]) => datagram)).toEqual(['unicast']);
  end();
  a.send('group', group);
  stage.advance(5);
  expect(b.heard).toHaveLength(2);
});

test('an interface of a new index leaves the sockets of the old one dead', () => {
  const { stage, one, a, b } = twoPrograms();
  one.nic.changeIndex(9);
  a.send('lost', group);
  b.send('lost', group);
  stage.advance(5);
  expect([a.outcomes, a.heard, b.heard.length]).toEqual([['failed'], [], 1]);
});

test('datagrams that leave a node are told; what comes back to it by itself is none', () => {
  const told: string[] = [];
  const stage = new Stage();
  stage.told.datagram = (node, segment, { destination }) => void told.push(`${node} ${segment} ${destination.ip}`);
  const one = stage.node(1);
  const a = program(one, stage, addressOf(1));
  a.send('to all', group);
  a.send('to myself', addressOf(1));
  one.nic.loseCarrier();
  a.send('to nobody', group);
  stage.advance(5);
  expect(told).toEqual(['n1 lan 224.0.0.254']);
  expect(a.heard.map(([datagram]) => datagram)).toEqual(['to all', 'to myself', 'to nobody']);
});

test('what is not there is refused', () => {
  const stage = new Stage();
  const { kernel, nic } = stage.node(1);
  const thread = stage.thread('n1/wire');
  // As programs see it that speak in octets.
  const udpSockets: UdpSockets = kernel.forProcess(thread).udpSockets;
  const listener = { datagram() {}, failed() {} };
  const refusals = inTurn(thread, stage, () => [
    udpSockets.open({ interfaceIndex: nic.index, ip: addressOf(9), port }, listener),
    udpSockets.listenToGroup({ interfaceIndex: 77, ip: group, port }, listener),
  ]);
  expect(refusals).toEqual([
    { call: 'bind', code: 'EADDRNOTAVAIL' },
    { call: 'setsockopt', code: 'ENODEV' },
  ]);
});

test('over IPv6 the group is heard, and neighbours are found by neighbour discovery', () => {
  const stage = new Stage();
  const nodes = [1, 2].map((number) => {
    const node = stage.node(number);
    node.nic.setAddresses([`fe80::${number}/64`]);
    return program(node, stage, ipOf(`fe80::${number}`));
  });
  const [a, b] = nodes as [Program, Program];
  b.send('who are you?', ipOf('fe80::1'));
  a.send('hello', group6);
  stage.advance(5);
  b.send('hello you', ipOf('fe80::1'));
  stage.advance(5);
  const fromB = ['who are you?', 'hello you'].map((text) => [text, 'fe80::2']);
  expect([b.heard, a.heard.slice(1)]).toEqual([[['hello', 'fe80::1']], fromB]);
});
