import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { changesPerTurn, GroupMemberships } from '#speaker/l2/group-memberships.ts';
import { solicitedNodeGroupOf } from '#speaker/l2/ipv6-multicast.ts';
import { coarseNdpFilter } from '#speaker/l2/ndp-filter.ts';
import type { SystemFailure } from '#speaker/l2/packet-socket.ts';
import { SimulatedPacketSocket } from '#test/simulation/node/packet-socket.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

const noRoom: SystemFailure = { call: 'setsockopt', code: 'ENOMEM' };
const groupsOf = (count: number, from = 0): ReadonlySet<Ip> =>
  new Set(Array.from({ length: count }, (_, at) => solicitedNodeGroupOf(from + at)));

/** It may refuse groups. */
class ChoosySocket extends SimulatedPacketSocket {
  refuses: (group: Ip) => boolean = () => false;

  override join(group: Ip): SystemFailure | undefined {
    if (this.groups.has(group)) throw new Error(`${group} is joined twice`);
    return this.refuses(group) ? noRoom : super.join(group);
  }
}

function setUp() {
  const clock = new VirtualClock();
  const filter = { program: coarseNdpFilter, coarse: coarseNdpFilter };
  const socket = new ChoosySocket(
    { interfaceIndex: 2, etherType: 0x86dd, filter },
    { frame() {}, failed() {} },
    { transmit: () => 'sent', closed() {} },
  );
  let settled = 0;
  const memberships = new GroupMemberships(socket, { clock, gapEnded: () => false, settled: () => settled++ });
  return { clock, socket, memberships, settled: () => settled };
}

test('a few groups are joined at once', () => {
  const { socket, memberships, settled } = setUp();
  memberships.want(groupsOf(3));
  expect(socket.groups).toEqual(groupsOf(3));
  expect(settled()).toBe(0);
});

test('many are joined some a turn, in their order, and each turn is told', () => {
  const { clock, socket, memberships, settled } = setUp();
  const groups = groupsOf(3 * changesPerTurn);
  memberships.want(groups);
  expect([...socket.groups]).toEqual([...groups].slice(0, changesPerTurn));
  expect([...groups].filter((group) => memberships.isSettled(group))).toHaveLength(changesPerTurn);
  clock.advance(10);
  expect(socket.groups).toEqual(groups);
  expect(settled()).toBe(2);
});

test('however many come one by one, a turn changes no more than its share', () => {
  const { clock, socket, memberships } = setUp();
  for (const group of groupsOf(2 * changesPerTurn)) memberships.want([group]);
  expect(socket.groups.size).toBe(changesPerTurn);
  clock.advance(10);
  for (const group of groupsOf(2 * changesPerTurn)) memberships.unwant([group]);
  expect(socket.groups.size).toBe(changesPerTurn);
  clock.advance(10);
  expect(socket.groups.size).toBe(0);
});

test('what is not wanted any more is left, and what is still wanted stays joined', () => {
  const { clock, socket, memberships } = setUp();
  memberships.want(groupsOf(100));
  clock.advance(10);
  memberships.want(groupsOf(90, 100));
  memberships.unwant(groupsOf(90));
  clock.advance(10);
  expect(socket.groups).toEqual(groupsOf(100, 90));
  expect(memberships.isSettled(solicitedNodeGroupOf(0))).toBe(false);
});

test('a change of mind half-way ends in what was wanted last', () => {
  const { clock, socket, memberships } = setUp();
  memberships.want(groupsOf(100));
  memberships.unwant(groupsOf(100));
  memberships.want(groupsOf(50, 20));
  clock.advance(10);
  expect(socket.groups).toEqual(groupsOf(50, 20));
});

test('a refused group counts as settled, is told, and tried again on demand', () => {
  const { socket, memberships } = setUp();
  const refused = solicitedNodeGroupOf(1);
  socket.refuses = (group) => group === refused;
  memberships.want(groupsOf(3));
  expect([memberships.failure, memberships.isSettled(refused)]).toEqual([noRoom, true]);
  memberships.retry();
  expect([memberships.failure, memberships.isSettled(refused)]).toEqual([noRoom, true]);
  socket.refuses = () => false;
  memberships.retry();
  expect(memberships.failure).toBeUndefined();
  expect(socket.groups).toEqual(groupsOf(3));
});

test('a refused group that is not wanted any more is no failure', () => {
  const { socket, memberships } = setUp();
  socket.refuses = () => true;
  memberships.want(groupsOf(3));
  memberships.unwant(groupsOf(3));
  expect(memberships.failure).toBeUndefined();
});

test('after its end nothing is joined', () => {
  const { clock, socket, memberships } = setUp();
  memberships.want(groupsOf(100));
  memberships.close();
  clock.advance(10);
  expect(socket.groups.size).toBe(changesPerTurn);
});
