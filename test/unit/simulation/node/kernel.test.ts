import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { rangeOfPrefix } from '#shared/net/range.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import { arpFilter, coarseArpFilter } from '#speaker/l2/arp-filter.ts';
import type { FromWire, ToWire } from '#speaker/seam.ts';
import { noFlags } from '#speaker/segment/message/member-flags.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import { Wire } from '#speaker/wire.ts';
import { arpRequest, readArp, writeArp } from '#test/simulation/lan/arp-message.ts';
import { broadcastNumber, ipv4Number } from '#test/simulation/lan/octets.ts';
import { cheapCrypto } from '#test/simulation/node/cheap-crypto.ts';
import { noBfdSockets } from '#test/simulation/node/no-bfd-sockets.ts';
import { bufferedFrames } from '#test/simulation/node/packet-socket.ts';
import type { ProcessNetwork } from '#test/simulation/node/process-network.ts';
import type { Thread } from '#test/simulation/thread.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { nodeIdText } from '#test/simulation/world/address-plan.ts';
import { segmentKeys } from '#test/simulation/world/segment-keys.ts';
import { ipOf, Stage, type Listener, type SimulatedNode } from '../stage.ts';

const vip = ipOf('192.0.2.100');
const other = ipOf('192.0.2.101');

function ask(from: Listener, ip: Ip, destination = broadcastNumber): void {
  const senderIp = ipv4Number(ipOf('192.0.2.9'));
  const message = { operation: arpRequest, senderMac: from.mac, senderIp, targetMac: 0, targetIp: ipv4Number(ip) };
  from.attachment.send(writeArp(destination, message));
}

const repliesTo = ({ heard }: Listener): number => heard.filter(({ frame }) => frame.arp?.operation === 2).length;

/** A program with one packet socket for the addresses. */
function program({ kernel, nic }: SimulatedNode, stage: Stage, addresses: readonly Ip[]) {
  const thread = stage.thread(`${kernel.name}/wire`);
  const network = kernel.forProcess(thread);
  const frames: Uint8Array[] = [];
  const failures: string[] = [];
  const opened: PacketSocket[] = [];
  const filter = filterFor(addresses);
  thread.receive(() => {
    const listener = {
      frame: (bytes: Uint8Array) => void frames.push(bytes),
      failed: ({ code }: { code: string }) => void failures.push(code),
    };
    const socket = network.packetSockets.open({ interfaceIndex: nic.index, etherType: 0x0806, filter }, listener);
    if ('send' in socket) opened.push(socket);
  }, 1);
  stage.advance(0);
  return { thread, network, frames, failures, socket: opened[0] as PacketSocket };
}

const filterFor = (addresses: readonly Ip[]) => ({
  program: arpFilter(addresses.map(ipv4Number)),
  coarse: coarseArpFilter,
});

test('a node answers for its own address while its kernel runs, whatever its programs do', () => {
  const stage = new Stage();
  const { kernel } = stage.node(1);
  const client = stage.listener(9);
  const asked = (): number => {
    const before = repliesTo(client);
    ask(client, ipOf('192.0.2.1'));
    ask(client, vip);
    stage.advance(20);
    return repliesTo(client) - before;
  };
  expect(asked()).toBe(1);
  expect(client.heard.at(-1)?.frame.arp).toMatchObject({ senderMac: 0x02_00_00_00_00_01, targetMac: client.mac });
  kernel.hang();
  expect(asked()).toBe(0);
  kernel.boot();
  expect(asked()).toBe(1);
  kernel.powerOff();
  expect(asked()).toBe(0);
  kernel.boot();
  kernel.answersArp = false;
  expect(asked()).toBe(0);
});

test('a frozen machine hears what waited when it goes on', () => {
  const stage = new Stage();
  const { kernel } = stage.node(1);
  const client = stage.listener(9);
  const thaw = kernel.freeze();
  ask(client, ipOf('192.0.2.1'));
  stage.advance(1000);
  expect(repliesTo(client)).toBe(0);
  thaw();
  stage.advance(10);
  expect(repliesTo(client)).toBe(1);
});

test('a program gets the frames that its filter lets through, and no others', () => {
  const stage = new Stage();
  const { frames, socket } = program(stage.node(1), stage, [vip]);
  const client = stage.listener(9);
  ask(client, vip);
  ask(client, other);
  stage.advance(20);
  expect(frames.map((bytes) => readArp(bytes)?.targetIp)).toEqual([ipv4Number(vip)]);
  expect(socket.statistics()).toMatchObject({ received: 1, kernelDrops: 0 });
});

test('frames for another machine, flooded because the switch does not know it, do not pass', () => {
  const stage = new Stage();
  const { frames } = program(stage.node(1), stage, [vip]);
  const [client, bystander] = [stage.listener(9), stage.listener(8)];
  ask(client, vip, 0x02_00_00_00_00_77);
  stage.advance(20);
  expect([frames.length, bystander.heard.map(({ type }) => type)]).toEqual([0, [3]]);
});

test('a held program finds what fits in its buffer; the rest is counted as dropped', () => {
  const stage = new Stage();
  const { frames, socket, thread } = program(stage.node(1), stage, [vip]);
  const client = stage.listener(9);
  const go = thread.hold();
  for (let count = 0; count < bufferedFrames + 10; count++) ask(client, vip);
  stage.advance(100);
  expect(frames).toHaveLength(0);
  go();
  stage.advance(100);
  expect([frames.length, socket.statistics().kernelDrops]).toEqual([bufferedFrames, 10]);
});

test('what waited can be thrown away', () => {
  const stage = new Stage();
  const { frames, socket, thread } = program(stage.node(1), stage, [vip]);
  const client = stage.listener(9);
  const go = thread.hold();
  for (let count = 0; count < 5; count++) ask(client, vip);
  stage.advance(100);
  expect(socket.discardReceived()).toBe(5);
  go();
  stage.advance(100);
  expect(frames).toHaveLength(0);
});

test('an interface that is switched off breaks its sockets; a lost carrier does not', () => {
  const stage = new Stage();
  const node = stage.node(1);
  const { failures, network } = program(node, stage, [vip]);
  node.nic.loseCarrier()();
  stage.advance(10);
  expect(failures).toEqual([]);
  node.nic.switchOff();
  stage.advance(10);
  expect(failures).toEqual(['ENETDOWN']);
  expect(network.packetSockets.sockets.size).toBe(0);
});

function newsOf({ network, thread }: { readonly network: ProcessNetwork; readonly thread: Thread }, stage: Stage) {
  const news: HostNetworkState[] = [];
  thread.receive(() => network.hostNetwork.start((state) => news.push(state)), 1);
  stage.advance(6);
  return news;
}

test('a program is told the interfaces and their changes within 5 ms', () => {
  const stage = new Stage();
  const node = stage.node(1);
  const news = newsOf(program(node, stage, []), stage);
  expect(news.at(-1)?.links.get(2)).toMatchObject({ name: 'eth0', mac: '02:00:00:00:00:01', up: true, lowerUp: true });
  const back = node.nic.loseCarrier();
  back();
  stage.advance(6);
  expect(news.map(({ links }) => links.get(2)?.lowerUp)).toEqual([true, false, true]);
});

test('lost news are made up for', () => {
  const stage = new Stage();
  const node = stage.node(1);
  const news = newsOf(program(node, stage, []), stage);
  const heard = node.kernel.loseNews();
  node.nic.loseCarrier();
  stage.advance(100);
  expect(news).toHaveLength(1);
  heard();
  stage.advance(6);
  expect(news.at(-1)?.links.get(2)?.lowerUp).toBe(false);
});

test('answering is told when a filter, a program, a carrier or the kernel changes it', () => {
  const stage = new Stage();
  const node = stage.node(1);
  node.kernel.watchAddresses([vip, other]);
  const { thread, socket, network } = program(node, stage, [vip]);
  const told = (happen: () => void): readonly string[] => {
    const before = stage.answering.length;
    happen();
    stage.advance(1);
    return stage.answering.slice(before).map((line) => line.split(' ')[2] ?? '');
  };
  expect(stage.answering.splice(0)).toEqual([`0 n1 +${vip}`]);
  expect(told(() => socket.setFilter(filterFor([vip, other])))).toEqual([`+${other}`]);
  expect(told(() => socket.setFilter(filterFor([other])))).toEqual([`-${vip}`]);
  let end: Cancel | undefined;
  expect(told(() => (end = thread.hold()))).toEqual([`-${other}`]);
  expect(told(() => end?.())).toEqual([`+${other}`]);
  expect(told(() => (end = node.nic.loseCarrier()))).toEqual([`-${other}`]);
  expect(told(() => end?.())).toEqual([`+${other}`]);
  expect(told(() => (end = node.nic.deafen()))).toEqual([`-${other}`]);
  expect(told(() => end?.())).toEqual([`+${other}`]);
  expect(told(() => (end = node.kernel.freeze()))).toEqual([`-${other}`]);
  expect(told(() => end?.())).toEqual([`+${other}`]);
  expect(told(() => network.end())).toEqual([`-${other}`]);
});

test('answering is told of addresses that come to be watched, and no more of those that do not', () => {
  const stage = new Stage();
  const node = stage.node(1);
  program(node, stage, [vip, other]);
  const end = node.kernel.watchAddress(vip);
  node.kernel.watchAddress(other);
  stage.advance(1);
  end();
  stage.advance(1);
  expect(stage.answering).toEqual([`0 n1 +${vip}`, `0 n1 +${other}`, `1 n1 -${vip}`]);
  node.kernel.watchAddress(vip);
  stage.advance(1);
  expect(stage.answering.at(-1)).toBe(`2 n1 +${vip}`);
});

const self = nodeIdText('n1') as NodeId;
const toAnswer: DesiredAddress = {
  ip: vip,
  placementKey: vip,
  candidates: new Map([[self, { interfaces: 'any', preference: 0, hasReadyEndpoint: true }]]),
  answer: true,
  release: false,
};
const alone: ToWire = {
  kind: 'surroundings',
  sequence: 1,
  nodes: [{ id: self, name: 'n1', addresses: [], ready: true, speaker: true, outOfService: false }],
  condition: { flags: noFlags, cannotForward: false, ending: false },
  keys: segmentKeys('ours'),
  ranges: [rangeOfPrefix({ ip: vip, prefixBits: 32 })],
  namedInterfaces: [],
  excludedInterfaces: [],
};

test('the real wire thread runs on it: alone it takes what is wanted, announces and answers', () => {
  const stage = new Stage();
  const node = stage.node(1);
  const client = stage.listener(9);
  node.kernel.watchAddresses([vip]);
  const thread = stage.thread('n1/wire');
  const { packetSockets, udpSockets, hostNetwork } = node.kernel.forProcess(thread);
  const messages: FromWire[] = [];
  let tell: ((message: ToWire) => void) | undefined;
  const options = {
    node: { id: self, name: 'n1' },
    incarnation: 1,
    profile: 'default',
    port: 7946,
    saved: [],
  } as const;
  thread.receive(() => {
    const channel = {
      dropped: 0,
      post: (message: FromWire) => void messages.push(message),
      onMessage: (handler: (message: ToWire) => void) => void (tell = handler),
    };
    const sockets = { packetSockets, udpSockets, bfdSockets: noBfdSockets, hostNetwork };
    const random = seededRandom(1);
    new Wire(options, { clock: thread.clock, random, channel, ...sockets, crypto: cheapCrypto, stopped() {} }).start();
  }, 1);
  stage.advance(20);
  const desired: ToWire = { kind: 'desired', generation: 1, chunk: 0, chunks: 1, addresses: [toAnswer] };
  thread.receive(() => [alone, desired].forEach((message) => tell?.(message)), 1);
  stage.advance(7000);
  const announced = client.heard.filter(({ frame }) => frame.arp?.senderIp === ipv4Number(vip));
  expect(announced.map(({ frame }) => frame.arp?.operation)).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
  ask(client, vip);
  stage.advance(20);
  expect(client.heard.at(-1)?.type).toBe(0);
  expect(messages.map(({ kind }) => kind)).toContain('observed');
});
