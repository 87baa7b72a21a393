import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { SystemFailure } from '#speaker/l2/packet-socket.ts';
import type { Message } from '#speaker/segment/message/message.ts';
import { ownAddress, segmentGroups } from '#speaker/wire/segment-sockets.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { PlayedEther } from '../played-udp.ts';
import { interfaceOf, keysOf, PlayedParty, port } from './played-party.ts';

const ping: Message = { kind: 'ping', nonce: 7 };
const refused: SystemFailure = { call: 'bind', code: 'EADDRNOTAVAIL' };
const onlyIpv4 = { families: ['IPv4'] } as const;

const nonces = (one: PlayedParty): unknown[] =>
  one.heard.flatMap(({ message }) => ('nonce' in message ? [message.nonce] : []));

function stage() {
  const clock = new VirtualClock();
  const ether = new PlayedEther(clock.scheduler);
  const party = (host: number, more: Partial<ConstructorParameters<typeof PlayedParty>[0]> = {}): PlayedParty =>
    new PlayedParty({ clock, ether, host, ...more });
  return { clock, ether, party, a: party(1), b: party(2) };
}

test.each([
  ['IPv4', '192.0.2.1', 'IPv6'],
  ['IPv6', 'fe80::1', 'IPv4'],
] as const)(
  'by %s a member is heard by all others, from its own address and the well-known port',
  (family, ip, lost) => {
    const { clock, ether, a, b } = stage();
    ether.lose(({ to }) => to.ip === segmentGroups[lost]);
    const [from] = [a.sockets(), b.sockets()];
    from.toGroup(ping, false);
    clock.advance(1);
    expect(b.heard).toEqual([
      {
        header: {
          joining: false,
          keyId: keysOf('a').current.id,
          sender: '0000000000000001',
          incarnation: 1000,
          sequence: 1,
        },
        message: ping,
        source: { ip, port },
        multicast: true,
      },
    ]);
    expect(b.gapChecks).toBe(1);
    expect(a.total('ingot_segment_packets_total', { direction: 'sent', type: 'ping' })).toBe(1);
    expect(b.total('ingot_segment_packets_total', { direction: 'received', type: 'ping' })).toBe(1);
  },
);

test('what comes by both families is believed once, and the second copy is no replay', () => {
  const { clock, ether, a, b } = stage();
  const [from] = [a.sockets(), b.sockets()];
  from.toGroup(ping, false);
  clock.advance(1);
  expect(ether.sent.map(({ to }) => to.ip)).toEqual([segmentGroups.IPv4, segmentGroups.IPv6]);
  expect([b.heard.length, b.dropped('replay')]).toEqual([1, 0]);
});

test('one station is spoken to by the family of its address, if there is that family here', () => {
  const { clock, ether, a, b } = stage();
  const [from, to] = [a.sockets(interfaceOf(1, onlyIpv4)), b.sockets()];
  to.toGroup(ping, false);
  from.to({ ip: '192.0.2.2' as Ip, port }, ping, false);
  from.to({ ip: 'fe80::2' as Ip, port }, ping, false);
  clock.advance(1);
  expect(b.heard.map(({ source, multicast }) => [source.ip, multicast])).toEqual([['192.0.2.1', false]]);
  expect(ether.sent.filter(({ party }) => party === 'n1')).toHaveLength(1);
});

test('what another cluster says, or somebody with a wrong key, is counted and not believed', () => {
  const { clock, a, b } = stage();
  const [from] = [a.sockets(interfaceOf(1, onlyIpv4)), b.sockets()];
  a.keys = keysOf('b');
  from.toGroup(ping, false);
  a.keys = { current: { ...keysOf('b').current, id: keysOf('a').current.id }, previous: undefined };
  from.toGroup(ping, false);
  clock.advance(1);
  expect([b.heard, b.dropped('key'), b.dropped('tag')]).toEqual([[], 1, 1]);
});

test('while the key is changed the previous one is believed too, and never used', () => {
  const { clock, a, b } = stage();
  const [from, to] = [a.sockets(), b.sockets()];
  b.keys = { current: keysOf('b').current, previous: keysOf('a').current };
  from.toGroup(ping, false);
  to.toGroup(ping, false);
  clock.advance(1);
  expect([b.heard.length, a.heard.length, a.dropped('key')]).toEqual([1, 0, 2]);
});

test('without a key nothing is said or believed, nor counted', () => {
  const { clock, ether, a, b } = stage();
  const [from, to] = [a.sockets(), b.sockets()];
  b.keys = undefined;
  to.toGroup(ping, false);
  expect(ether.sent).toEqual([]);
  from.toGroup(ping, false);
  clock.advance(1);
  expect([b.heard, b.dropped('key')]).toEqual([[], 0]);
});

test('what was forged on its way, or sent from elsewhere, is not believed', () => {
  const { clock, ether, a, b } = stage();
  const [from] = [a.sockets(interfaceOf(1, onlyIpv4)), b.sockets()];
  ether.lose(() => true);
  from.toGroup(ping, false);
  const [datagram] = ether.sent;
  if (datagram === undefined) throw new Error('nothing was sent');
  const b2 = stage();
  b2.b.sockets();
  b2.ether.inject({ ...datagram, octets: datagram.octets.with(35, 9) });
  b2.ether.inject({ ...datagram, source: { ip: '192.0.2.66' as Ip, port } });
  b2.ether.inject({ ...datagram, source: { ip: '198.51.100.1' as Ip, port } });
  b2.ether.inject({ ...datagram, octets: datagram.octets.slice(0, 40) });
  b2.ether.inject(datagram);
  clock.advance(1);
  b2.clock.advance(1);
  expect([b2.b.dropped('tag'), b2.b.dropped('offLink'), b2.b.dropped('malformed')]).toEqual([2, 1, 1]);
  expect(b2.b.heard).toHaveLength(1);
});

test('its own datagrams are ignored, and not counted', () => {
  const { clock, a } = stage();
  const from = a.sockets();
  from.toGroup(ping, false);
  clock.advance(1);
  expect([a.heard, a.heardItself, a.dropped('own')]).toEqual([[], [], 0]);
});

test('while it joins it speaks from a port of its own, and is answered there', () => {
  const { clock, a, b } = stage();
  const [from, to] = [a.sockets(interfaceOf(1, onlyIpv4)), b.sockets()];
  from.toGroup(ping, true);
  clock.advance(1);
  const [{ source, header } = { source: undefined, header: undefined }] = b.heard;
  if (source === undefined) throw new Error('nothing was heard');
  expect([header.joining, source.port === port]).toEqual([true, false]);
  to.to(source, { kind: 'ping', nonce: 8 }, false);
  clock.advance(1);
  expect(a.heard.map(({ message, multicast }) => [message, multicast])).toEqual([[{ kind: 'ping', nonce: 8 }, false]]);
});

test('once it has joined it speaks from the well-known port, and hears what is sent there instead of the one before it', () => {
  const { clock, a, b, party } = stage();
  const on = interfaceOf(1, onlyIpv4);
  const successor = party(1, { incarnation: 2000, name: 'n1 anew' });
  const [old, young, other] = [a.sockets(on), successor.sockets(on), b.sockets()];
  const answer = (nonce: number): void => {
    other.to({ ip: '192.0.2.1' as Ip, port }, { kind: 'ping', nonce }, false);
    clock.advance(1);
  };
  old.toGroup(ping, false);
  young.toGroup(ping, true);
  answer(1);
  young.toGroup(ping, false);
  answer(2);
  expect([nonces(a), nonces(successor)]).toEqual([[1], [2]]);
  expect(successor.udp.listed).toEqual([`group 224.0.0.254 ${port}`, `socket 192.0.2.1 ${port}`]);
});

test('the process before it is retired when its successor has joined, not while it joins', () => {
  const { clock, a, party } = stage();
  const successor = party(1, { incarnation: 2000, name: 'n1 anew' });
  const [old, young] = [a.sockets(), successor.sockets()];
  old.toGroup(ping, false);
  young.toGroup(ping, true);
  clock.advance(1);
  expect([a.retired, successor.retired]).toEqual([0, 0]);
  young.toGroup(ping, false);
  clock.advance(1);
  expect([a.retired > 0, successor.retired]).toEqual([true, 0]);
});

test('somebody else with its id is no successor of it', () => {
  const { clock, a, party } = stage();
  const impostor = party(1, { incarnation: 2000, name: 'impostor' });
  const [, other] = [a.sockets(), impostor.sockets(interfaceOf(3))];
  other.toGroup(ping, false);
  clock.advance(1);
  expect([a.retired, a.heardItself, a.dropped('duplicateId')]).toEqual([0, [], 2]);
});

test('what it said itself on another interface of its own is told', () => {
  const { clock, party } = stage();
  const a = party(1, { lanOf: () => 2 });
  a.own.add('192.0.2.3' as Ip);
  a.sockets(interfaceOf(1, onlyIpv4));
  const eth1 = a.sockets(interfaceOf(3, { index: 3, name: 'eth1', ...onlyIpv4 }));
  eth1.toGroup(ping, false);
  clock.advance(1);
  expect([a.heardItself, a.dropped('own')]).toEqual([['192.0.2.3'], 0]);
});

test('a process whose incarnation went back is believed once it has proved that it lives now', () => {
  const { clock, a, b, party } = stage();
  const on = interfaceOf(1, onlyIpv4);
  const [before, hearing] = [a.sockets(on), b.sockets(interfaceOf(2, onlyIpv4))];
  hearing.toGroup(ping, false);
  before.toGroup(ping, false);
  clock.advance(1);
  before.close();
  const rebooted = party(1, { incarnation: 500, name: 'n1 rebooted' });
  const after = rebooted.sockets(on);
  after.toGroup(ping, false);
  clock.advance(1);
  after.toGroup(ping, false);
  clock.advance(1);
  expect(b.heard.map(({ header, message }) => [header.incarnation, message.kind])).toEqual([
    [1000, 'ping'],
    [500, 'response'],
    [500, 'ping'],
  ]);
});

test('while it joins it asks for such a proof from its own port, and goes on hearing there', () => {
  const { clock, a, b, party } = stage();
  const on = interfaceOf(1, onlyIpv4);
  const [before, joining] = [a.sockets(on), b.sockets(interfaceOf(2, onlyIpv4))];
  joining.toGroup(ping, true);
  const listed = b.udp.listed;
  before.toGroup(ping, false);
  clock.advance(1);
  before.close();
  const after = party(1, { incarnation: 500, name: 'n1 rebooted' }).sockets(on);
  after.toGroup(ping, false);
  clock.advance(1);
  expect(b.heard.at(-1)?.message.kind).toBe('response');
  expect(b.udp.listed).toEqual(listed);
});

test('with another address it speaks and listens anew; with the same one nothing is reopened', () => {
  const { clock, a, b } = stage();
  const [from, to] = [a.sockets(), b.sockets()];
  from.toGroup(ping, false);
  const before = a.udp.listed;
  from.update({ ...a.on, carrier: false });
  expect(a.udp.listed).toEqual(before);
  from.update(interfaceOf(3));
  from.toGroup(ping, false);
  clock.advance(1);
  expect(b.heard.at(-1)?.source.ip).toBe('192.0.2.3');
  to.to({ ip: '192.0.2.3' as Ip, port }, ping, false);
  clock.advance(1);
  expect(a.heard).toHaveLength(1);
  expect(a.udp.listed).toHaveLength(4);
});

test('a family without an address to speak from is silent, and closed when it loses it', () => {
  const { a } = stage();
  const from = a.sockets();
  from.toGroup(ping, false);
  expect(a.udp.listed).toHaveLength(4);
  from.update({ ...a.on, prefixes: a.on.prefixes.slice(0, 1) });
  expect(a.udp.listed).toEqual([`group 224.0.0.254 ${port}`, `socket 192.0.2.1 ${port}`]);
});

test('a refused socket is told, tried again on demand, and well when it opens', () => {
  const { clock, a, b } = stage();
  b.sockets();
  a.udp.refusal = refused;
  const from = a.sockets();
  from.toGroup(ping, false);
  expect(from.failure).toEqual(refused);
  const { changed } = a;
  from.toGroup(ping, false);
  expect(a.changed).toBe(changed);
  a.udp.refusal = undefined;
  from.open();
  from.toGroup(ping, false);
  clock.advance(1);
  expect([from.failure, b.heard.length]).toEqual([undefined, 1]);
});

test('that one family works does not hide that the other does not', () => {
  const { a } = stage();
  a.udp.refusal = refused;
  a.udp.refusedIps = [segmentGroups.IPv4];
  const from = a.sockets();
  from.toGroup(ping, false);
  expect(from.failure).toEqual(refused);
  a.udp.refusedIps = [];
  from.open();
  expect(from.failure).toBeUndefined();
});

test('a socket that breaks is told, and opened again', () => {
  const { clock, a, b } = stage();
  const broken: SystemFailure = { call: 'recvfrom', code: 'ENETDOWN' };
  const [from, to] = [a.sockets(interfaceOf(1, onlyIpv4)), b.sockets()];
  from.toGroup(ping, false);
  a.udp.fail(broken);
  expect([from.failure, a.udp.listed]).toEqual([broken, []]);
  from.open();
  from.toGroup(ping, false);
  expect([from.failure, a.udp.listed.length]).toEqual([undefined, 2]);
  to.to({ ip: '192.0.2.1' as Ip, port }, ping, false);
  clock.advance(1);
  expect(a.heard).toHaveLength(1);
});

test('what waits is delivered on demand', () => {
  const { a, b } = stage();
  const [from, to] = [a.sockets(), b.sockets()];
  from.toGroup(ping, false);
  expect(b.heard).toEqual([]);
  to.receiveWaiting();
  expect(b.heard).toHaveLength(1);
});

test('after its end it neither hears nor speaks', () => {
  const { clock, ether, a, b } = stage();
  const [from, to] = [a.sockets(), b.sockets()];
  to.toGroup(ping, false);
  from.close();
  from.toGroup(ping, false);
  clock.advance(1);
  expect([a.heard, a.udp.listed, ether.sent.every(({ party }) => party === 'n2')]).toEqual([[], [], true]);
});

test.each([
  ['IPv4', ['2001:db8::1', '192.0.2.1', '198.51.100.1'], '192.0.2.1'],
  ['IPv6', ['2001:db8::1', 'fe80::1', 'fe80::2'], 'fe80::1'],
  ['IPv6', ['192.0.2.1', '2001:db8::1'], undefined],
] as const)('by %s, of %j it speaks from %s', (family, ips, expected) => {
  expect(ownAddress({ prefixes: ips.map((ip) => ({ ip: ip as Ip, prefixBits: 64 })) }, family)).toBe(expected);
});
