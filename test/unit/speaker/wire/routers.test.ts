import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { etherTypes } from '#speaker/l2/ethernet.ts';
import type { HostNetworkState, Link } from '#speaker/l2/host-network.ts';
import { packetTypes } from '#speaker/l2/classic-bpf.ts';
import {
  decodeRouterFrame,
  encodeRouterFrame,
  routerAdvertisement,
  routerSolicitation,
} from '#speaker/l2/router-message.ts';
import { Routers } from '#speaker/wire/routers.ts';
import { Tally } from '#speaker/wire/tally.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedSockets } from '../played-sockets.ts';
import { Speaker } from './played-speaker.ts';

const tor = { mac: '02:50:00:00:00:01' as Mac, ip: 'fe80::a' as Ip };
const stranger = { mac: '02:50:00:00:00:02' as Mac, ip: 'fe80::b' as Ip };
const [eth0, eth1] = [2, 3];

function machine(fields: Partial<Link> = {}, linkLocal = 'fe80::2', index = eth0): HostNetworkState {
  const links = [ethernet(index, 'eth0', fields), ethernet(eth1, 'eth1')];
  return network(links, [address(index, linkLocal, 64), address(eth1, 'fe80::3', 64)]);
}

class Stage {
  readonly clock = new VirtualClock();
  readonly sockets = new PlayedSockets();
  readonly tally = new Tally();
  readonly log = new RecordedLog();
  readonly routers: Routers;
  changes = 0;
  counts = 0;

  constructor() {
    this.routers = new Routers({
      clock: this.clock,
      random: seededRandom(1),
      packetSockets: this.sockets,
      log: this.log,
      tally: this.tally,
      gapEnded: () => false,
      changed: () => this.changes++,
      counted: () => this.counts++,
    });
  }

  static on(state: HostNetworkState, ...names: readonly string[]): Stage {
    const stage = new Stage();
    stage.routers.networkChanged(state);
    stage.routers.want(names);
    return stage;
  }

  /** As `advertisement fe80::2`. */
  sent(index = eth0): readonly string[] {
    const frames = this.sockets.on(index, etherTypes.ipv6).sent.map(decodeRouterFrame);
    return frames.map(({ message, source }) => `${message.kind.slice('router'.length).toLowerCase()} ${source}`);
  }

  arrive(frame: Uint8Array, index = eth0): void {
    const socket = this.sockets.on(index, etherTypes.ipv6);
    socket.arrive(frame, packetTypes.multicast);
    socket.read();
  }

  hear(router: typeof tor): void {
    this.arrive(encodeRouterFrame(routerAdvertisement(router)));
  }

  count(labels: Readonly<Record<string, string>>): number | undefined {
    const text = JSON.stringify(labels);
    return this.tally.counters.find((counter) => JSON.stringify(counter.labels) === text)?.total;
  }
}

test('on a wanted interface this node asks and advertises; on others it is silent', () => {
  const stage = Stage.on(machine(), 'eth0');
  expect(stage.sockets.openInterfaces).toEqual([eth0]);
  expect(stage.sent()).toEqual(['solicitation fe80::2', 'advertisement fe80::2']);
  expect([...stage.sockets.on(eth0, etherTypes.ipv6).groups]).toEqual(['ff02::2']);
  stage.clock.advance(2_000);
  expect(stage.sent()).toHaveLength(4);
  stage.routers.want(['eth1']);
  expect(stage.sockets.openInterfaces).toEqual([eth1]);
  stage.routers.want([]);
  expect(stage.sockets.openInterfaces).toEqual([]);
});

test('what is wanted before the machine is known is done when it is', () => {
  const stage = new Stage();
  stage.routers.want(['eth0']);
  expect(stage.sockets.openInterfaces).toEqual([]);
  expect(stage.routers.problems).toEqual([]);
  stage.routers.networkChanged(machine());
  expect(stage.sent()).toContain('advertisement fe80::2');
});

test('the router that advertises itself is told, with others that do', () => {
  const stage = Stage.on(machine(), 'eth0');
  expect(stage.routers.observed).toEqual([]);
  const before = stage.changes;
  stage.hear(tor);
  expect(stage.routers.observed).toEqual([{ interface: 'eth0', ip: tor.ip, others: [] }]);
  expect(stage.changes).toBe(before + 1);
  stage.hear(tor);
  expect(stage.changes).toBe(before + 1);
  stage.hear(stranger);
  expect(stage.routers.observed).toEqual([{ interface: 'eth0', ip: tor.ip, others: [stranger.ip] }]);
  expect(stage.log.lines.map(({ fields }) => fields)).toEqual([
    { interface: 'eth0', ip: tor.ip, others: [] },
    { interface: 'eth0', ip: tor.ip, others: [stranger.ip] },
  ]);
});

test('a solicitation is answered', () => {
  const stage = Stage.on(machine(), 'eth0');
  stage.clock.advance(6_000);
  const before = stage.sent().length;
  stage.arrive(encodeRouterFrame(routerSolicitation(tor)));
  stage.clock.advance(500);
  expect(stage.sent().slice(before)).toEqual(['advertisement fe80::2']);
});

test('what is sent, heard and malformed is counted', () => {
  const stage = Stage.on(machine(), 'eth0');
  stage.hear(tor);
  const frame = encodeRouterFrame(routerAdvertisement(tor));
  stage.arrive(frame.with(60, 1));
  stage.arrive(frame.with(21, 64));
  expect(stage.routers.observed).toHaveLength(1);
  expect(stage.count({ interface: 'eth0', direction: 'sent', type: 'advertisement' })).toBe(1);
  expect(stage.count({ interface: 'eth0', direction: 'sent', type: 'solicitation' })).toBe(1);
  expect(stage.count({ interface: 'eth0', direction: 'received', type: 'advertisement' })).toBe(1);
  expect(stage.count({ interface: 'eth0' })).toBe(1);
  expect(stage.counts).toBe(3);
});

test('an interface that cannot be used is a problem until it can', () => {
  const stage = Stage.on(machine({ up: false }), 'eth0', 'eth9');
  expect(stage.routers.problems).toEqual([
    'eth0 is down: switch it on (ip link set eth0 up)',
    'there is no interface eth9: correct spec.interface of the BGPPeer, or select other nodes',
  ]);
  expect(stage.sockets.openInterfaces).toEqual([]);
  stage.routers.networkChanged(machine());
  expect(stage.routers.problems).toEqual([
    'there is no interface eth9: correct spec.interface of the BGPPeer, or select other nodes',
  ]);
  expect(stage.sent()).toContain('advertisement fe80::2');
});

test('without a carrier it is silent, and keeps the router in mind; with it back, three advertisements', () => {
  const stage = Stage.on(machine(), 'eth0');
  stage.hear(tor);
  stage.clock.advance(5_000);
  stage.routers.networkChanged(machine({ lowerUp: false }));
  expect(stage.sockets.openInterfaces).toEqual([]);
  expect(stage.routers.problems).toEqual(['eth0 has no carrier: check the cable and the port of the router']);
  stage.clock.advance(20_000);
  stage.routers.networkChanged(machine());
  stage.hear(tor);
  stage.clock.advance(2_000);
  expect(stage.routers.observed).toEqual([{ interface: 'eth0', ip: tor.ip, others: [] }]);
  expect(stage.sent().filter((said) => said.startsWith('advertisement'))).toHaveLength(3);
});

test('another MAC or link-local address is advertised at once, with that in the frame', () => {
  const stage = Stage.on(machine(), 'eth0');
  stage.clock.advance(3_000);
  const before = stage.sent().length;
  const mac = '02:00:00:00:00:77' as Mac;
  stage.routers.networkChanged(machine({ mac }));
  stage.routers.networkChanged(machine({ mac }, 'fe80::77'));
  expect(stage.sent().slice(before)).toEqual(['advertisement fe80::2', 'advertisement fe80::77']);
  const [first] = stage.sockets.on(eth0, etherTypes.ipv6).sent.slice(before).map(decodeRouterFrame);
  expect(first).toMatchObject({ ethernet: { source: mac }, message: { options: [{ mac }] } });
});

test('an interface that is removed and made anew is spoken on anew', () => {
  const stage = Stage.on(machine(), 'eth0');
  stage.routers.networkChanged(machine({}, 'fe80::2', 7));
  expect(stage.sockets.openInterfaces).toEqual([7]);
  expect(stage.sent(7)).toContain('advertisement fe80::2');
});

test('a socket that is refused or broke is a problem, and tried again', () => {
  const stage = new Stage();
  stage.sockets.refusal = { call: 'socket', code: 'EPERM' };
  stage.routers.networkChanged(machine());
  stage.routers.want(['eth0', 'eth1']);
  expect(stage.routers.problems).toEqual([
    'CAP_NET_RAW is missing, so unnumbered BGP peers neither learn the address of this node nor tell theirs: add NET_RAW to the capabilities of the speaker container',
  ]);
  stage.sockets.refusal = undefined;
  stage.clock.advance(10_000);
  expect(stage.routers.problems).toEqual([]);
  expect(stage.sent()).toContain('advertisement fe80::2');
  stage.sockets.on(eth0, etherTypes.ipv6).fail({ call: 'recv', code: 'ENETDOWN' });
  expect(stage.routers.problems).toEqual([
    'eth0: no packet socket for router advertisements (recv failed with ENETDOWN), so unnumbered BGP peers do not find this node; it is tried again',
  ]);
  stage.clock.advance(10_000);
  expect(stage.routers.problems).toEqual([]);
});

test('a group that is refused is a problem, and tried again; the advertisements go out all the same', () => {
  const stage = new Stage();
  const open = stage.sockets.open.bind(stage.sockets);
  let refusals = 1;
  stage.sockets.open = (...given) => {
    const socket = open(...given);
    if ('code' in socket) return socket;
    const join = socket.join.bind(socket);
    socket.join = (group) => (refusals-- > 0 ? { call: 'setsockopt', code: 'ENOMEM' } : join(group));
    return socket;
  };
  stage.routers.networkChanged(machine());
  stage.routers.want(['eth0']);
  expect(stage.routers.problems).toEqual([
    'eth0: the group ff02::2 is not joined (setsockopt failed with ENOMEM), so unnumbered BGP peers that ask wait for the next advertisement; it is tried again',
  ]);
  expect(stage.sent()).toContain('advertisement fe80::2');
  stage.clock.advance(10_000);
  expect(stage.routers.problems).toEqual([]);
  expect([...stage.sockets.on(eth0, etherTypes.ipv6).groups]).toEqual(['ff02::2']);
});

test('closed, it is silent', () => {
  const stage = Stage.on(machine(), 'eth0');
  const socket = stage.sockets.on(eth0, etherTypes.ipv6);
  stage.routers.close();
  expect(stage.sockets.openInterfaces).toEqual([]);
  const [said, changes] = [socket.sent.length, stage.changes];
  stage.clock.advance(60_000);
  expect([socket.sent.length, stage.changes]).toEqual([said, changes]);
});

test('the wire thread does what it is told of unnumbered peers, and tells what it hears', () => {
  const speaker = new Speaker({ state: machine(), nodes: ['n1'] });
  speaker.channel.post({ kind: 'routing', sequence: 1, bfd: [], unnumbered: ['eth0', 'eth9'] });
  speaker.advance(100);
  const socket = speaker.sockets.on(eth0, etherTypes.ipv6);
  expect(socket.sent.map((frame) => decodeRouterFrame(frame).message.kind)).toEqual([
    'routerSolicitation',
    'routerAdvertisement',
  ]);
  socket.arrive(encodeRouterFrame(routerAdvertisement(tor)), packetTypes.multicast);
  socket.read();
  speaker.advance(100);
  expect(speaker.observed.routers).toEqual([{ interface: 'eth0', ip: tor.ip, others: [] }]);
  expect(speaker.observed.problems).toEqual([
    'there is no interface eth9: correct spec.interface of the BGPPeer, or select other nodes',
  ]);
  expect(
    speaker.counter('ingot_router_messages_total', { interface: 'eth0', direction: 'received', type: 'advertisement' }),
  ).toBe(1);
  speaker.channel.post({ kind: 'stop', mode: 'restart' });
  speaker.advance(1);
  expect(speaker.sockets.openInterfaces).toEqual([]);
});
