// TCP with options on a real kernel: which connections come up, what is on the wire, and what is told when they do not.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { accept } from '#speaker/l2/classic-bpf.ts';
import type { ListenOptions, TcpConnection, TcpHandler, TcpListener, Transport } from '#speaker/bgp/tcp-stack.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip, within } from '#test/lab/network/namespace.ts';
import { run } from '#test/lab/process/run.ts';
import { createCable, type Cable } from './cable.ts';
import { TcpPeer, type TcpReport } from './tcp-peer.ts';

interface Pair {
  readonly name: string;
  readonly own: Ip;
  readonly peer: Ip;
  readonly linkLocal?: true;
}

const ipv4: Pair = { name: 'IPv4', own: '192.0.2.11' as Ip, peer: '192.0.2.1' as Ip };
const ipv6: Pair = { name: 'IPv6', own: '2001:db8:b::11' as Ip, peer: '2001:db8:b::1' as Ip };
const linkLocal: Pair = { name: 'link-local', own: 'fe80::b:11' as Ip, peer: 'fe80::b:1' as Ip, linkLocal: true };
const pairs = [ipv4, ipv6, linkLocal];

const port = 1179;
const patience = { withinMs: 5_000, everyMs: 10 };
/** Longer than the kernel's second SYN. */
const silenceMs = 1_500;

let cable: Cable;
let peer: TcpPeer;
let connections: TcpConnection[] = [];
let listeners: TcpListener[] = [];
beforeEach(async () => {
  cable = await createCable('tcp', `${ipv4.peer}/24`);
  await ip(
    [ipv6, linkLocal].map((pair) => `addr add ${pair.peer}/64 dev ${cable.far.name} nodad`),
    cable.namespace,
  );
  const own = pairs.map((pair) => `addr add ${pair.own}/${pair === ipv4 ? 24 : '64'} dev ${cable.near.name}`);
  await ip(own.map((line, at) => (at === 0 ? line : `${line} nodad`)));
  peer = new TcpPeer(cable.namespace ?? '');
});
afterEach(async () => {
  for (const connection of connections) connection.reset();
  for (const listener of listeners) listener.close();
  [connections, listeners] = [[], []];
  await peer.stop();
  await cable.remove();
});

const open = { hopLimit: 64, leastHopLimit: 1, userTimeoutMs: 60_000 };
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const deviceOf = ({ linkLocal: isLinkLocal }: Pair, name: string): string | undefined =>
  isLinkLocal ? name : undefined;

function transportTo(pair: Pair, fields: Partial<Transport> = {}): Transport {
  const device = deviceOf(pair, cable.near.name);
  return { ...open, remote: pair.peer, port, local: undefined, device, password: undefined, ...fields };
}

/** Listens at the peer. */
async function peerListens(pair: Pair, fields: Partial<ListenOptions> = {}): Promise<void> {
  const options: ListenOptions = {
    ...open,
    passwords: [],
    local: pair.peer,
    port,
    device: deviceOf(pair, cable.far.name),
    ...fields,
  };
  await peer.order({ kind: 'listen', options });
}

async function peerSigns(pair: Pair, password: string | undefined, prefixBits?: number): Promise<void> {
  const bits = prefixBits ?? (pair === ipv4 ? 32 : 128);
  const remotes = { ip: pair.own, prefixBits: bits };
  await peer.order({ kind: 'setPassword', remotes, ...(password === undefined ? {} : { password }) });
}

interface Dialled {
  readonly connection: TcpConnection;
  readonly told: TcpReport[];
}

function handlerFor(told: TcpReport[]): TcpHandler {
  return {
    connected: (addresses) => void told.push({ kind: 'connected', addresses }),
    received: (bytes) => void told.push({ kind: 'received', text: new TextDecoder().decode(bytes) }),
    drained() {},
    closed: (failure) => void told.push({ kind: 'closed', failure }),
  };
}

function dial(transport: Transport): Dialled {
  const told: TcpReport[] = [];
  const connection = linuxTcp.connect(transport, handlerFor(told));
  connections.push(connection);
  return { connection, told };
}

const kinds = (told: readonly TcpReport[]): readonly string[] => told.map(({ kind }) => kind);

/** The connection is there, and carries octets both ways. */
async function expectEcho({ connection, told }: Dialled, text = 'hello'): Promise<void> {
  await eventually(() => kinds(told).includes('connected'), {
    ...patience,
    what: `connected, not ${JSON.stringify(told)}`,
  });
  connection.write(octets(text));
  await eventually(() => told.some((report) => report.kind === 'received' && report.text === text), patience);
}

async function md5Failures(): Promise<number> {
  const counters = await run(within(cable.namespace ?? '', ['cat', '/proc/net/netstat']));
  const [names = '', values = ''] = counters.split('\n').filter((line) => line.startsWith('TcpExt:'));
  const at = names.split(' ');
  const sum = ['TCPMD5Failure', 'TCPMD5Unexpected', 'TCPMD5NotFound'].map((name) =>
    Number(values.split(' ')[at.indexOf(name)]),
  );
  return sum.reduce((total, count) => total + count, 0);
}

describe.each(pairs)('$name', (pair) => {
  test('a connection is told with its addresses, and ended by either side', async () => {
    await peerListens(pair);
    const first = dial(transportTo(pair));
    await expectEcho(first);
    expect(first.told[0]).toEqual({ kind: 'connected', addresses: { local: pair.own, remote: pair.peer } });
    expect(peer.reports[0]).toEqual({ kind: 'connected', addresses: { local: pair.peer, remote: pair.own } });
    first.connection.end();
    await eventually(() => kinds(peer.reports).at(-1) === 'closed', patience);
    expect(first.connection.unsentOctets).toBe(0);
    expect(kinds(first.told)).toEqual(['connected', 'received']);
  });

  test('H12: with the same password there is a connection', async () => {
    await peerListens(pair);
    await peerSigns(pair, 'secret');
    await expectEcho(dial(transportTo(pair, { password: octets('secret') })));
  });

  test.each([
    ['another password', 'other'],
    ['no password', undefined],
  ])('H12: with %s there is none, and nothing is told', async (_, password) => {
    await peerListens(pair);
    await peerSigns(pair, 'secret');
    const wrong = dial(transportTo(pair, { password: password === undefined ? undefined : octets(password) }));
    await eventually(async () => (await md5Failures()) > 0, patience);
    expect([...wrong.told, ...peer.reports]).toEqual([]);
    wrong.connection.reset();
  });

  test('H12: a password where none is expected is no connection either', async () => {
    await peerListens(pair);
    const wrong = dial(transportTo(pair, { password: octets('secret') }));
    await sleep(silenceMs);
    expect([...wrong.told, ...peer.reports]).toEqual([]);
  });

  test('H12: the password changes while the connection is in use', async () => {
    await peerListens(pair);
    await peerSigns(pair, 'secret');
    const dialled = dial(transportTo(pair, { password: octets('secret') }));
    await expectEcho(dialled);
    expect(dialled.connection.changePassword(octets('new'))).toBeUndefined();
    dialled.connection.write(octets('lost '));
    await eventually(async () => (await md5Failures()) > 0, patience);
    expect(dialled.connection.changePassword(octets('secret'))).toBeUndefined();
    await eventually(
      () => dialled.told.some((report) => report.kind === 'received' && report.text === 'lost '),
      patience,
    );
    expect(kinds(dialled.told)).not.toContain('closed');
  });

  test('H12: what listens asks for the password of the peer, and it changes and goes', async () => {
    const told: TcpReport[] = [];
    const remotes = { ip: pair.peer, prefixBits: pair === ipv4 ? 32 : 128 };
    const passwords = [{ remotes, password: octets('one') }];
    const device = deviceOf(pair, cable.near.name);
    const options: ListenOptions = { ...open, local: pair.own, port, device, passwords };
    const listener = linuxTcp.listen(options, {
      accepted(connection, addresses) {
        connections.push(connection);
        told.push({ kind: 'connected', addresses });
        return handlerFor(told);
      },
      failed: (failure) => void told.push({ kind: 'closed', failure }),
    });
    if ('failure' in listener) throw new Error(listener.failure);
    listeners.push(listener);
    const dialFrom = async (password?: string): Promise<void> => {
      const from = { ...open, remote: pair.own, port, local: pair.peer, device: deviceOf(pair, cable.far.name) };
      await peer.order({ kind: 'dial', transport: password === undefined ? from : { ...from, password } });
    };
    const connected = (): number => kinds(told).filter((kind) => kind === 'connected').length;
    await dialFrom('one');
    await eventually(() => connected() === 1, patience);
    expect(told[0]).toEqual({ kind: 'connected', addresses: { local: pair.own, remote: pair.peer } });
    expect(listener.setPassword(remotes, octets('two'))).toBeUndefined();
    await dialFrom('two');
    await eventually(() => connected() === 2, patience);
    await dialFrom('one');
    await sleep(silenceMs);
    expect(connected()).toBe(2);
    expect(listener.setPassword(remotes, undefined)).toBeUndefined();
    await dialFrom();
    await eventually(() => connected() === 3, patience);
    expect(connections.at(-1)?.changePassword(octets('three'))).toMatch(/accepted/);
  });

  test('H12: a password for a whole prefix', async () => {
    await peerListens(pair);
    await peerSigns(pair, 'secret', pair === ipv4 ? 24 : 64);
    await expectEcho(dial(transportTo(pair, { password: octets('secret') })));
  });

  test('H13: with TTL security only what comes from next door reaches the connection', async () => {
    await peerListens(pair, { hopLimit: 254 });
    const far = dial(transportTo(pair, { hopLimit: 255, leastHopLimit: 255 }));
    await sleep(silenceMs);
    expect(far.told).toEqual([]);
    far.connection.reset();
    await expectEcho(dial(transportTo(pair, { hopLimit: 255, leastHopLimit: 254 })));
  });

  test('H13: hop limit and traffic class are on the wire', async () => {
    const seen = new Set<string>();
    const isIpv4 = pair === ipv4;
    const sniffer = linuxPacketSockets.open(
      {
        interfaceIndex: cable.near.index,
        etherType: isIpv4 ? 0x0800 : 0x86dd,
        filter: { program: [accept], coarse: [accept] },
      },
      {
        frame(frame) {
          const packet = frame.subarray(14);
          const protocol = packet[isIpv4 ? 9 : 6];
          if (protocol !== 6) return;
          const trafficClass = isIpv4 ? packet[1] : (((packet[0] ?? 0) & 15) << 4) | ((packet[1] ?? 0) >> 4);
          seen.add(`class ${trafficClass} hop limit ${packet[isIpv4 ? 8 : 7]}`);
        },
        failed() {},
      },
    );
    if ('code' in sniffer) throw new Error(sniffer.code);
    try {
      await peerListens(pair, { hopLimit: 7 });
      await expectEcho(dial(transportTo(pair)));
      expect([...seen]).toEqual(['class 192 hop limit 7']);
    } finally {
      sniffer.close();
    }
  });
});

describe('what cannot be had is told', () => {
  test.each<[string, (transport: Transport) => Transport, RegExp]>([
    ['a source that is none of ours', (to) => ({ ...to, local: '203.0.113.9' as Ip }), /^bind: EADDRNOTAVAIL$/],
    ['a device that is not there', (to) => ({ ...to, device: 'nowhere' }), /^setsockopt SO_BINDTODEVICE: ENODEV$/],
    ['a hop limit that is none', (to) => ({ ...to, hopLimit: 300 }), /^setsockopt IP_TTL: EINVAL$/],
    ['nobody listens', (to) => to, /^connect: ECONNREFUSED$/],
  ])('%s', async (_, change, expected) => {
    const before = readdirSync('/proc/self/fd').length;
    const { told } = dial(change(transportTo(ipv4)));
    expect(told).toEqual([]);
    await eventually(() => told.length > 0, patience);
    expect(told).toEqual([{ kind: 'closed', failure: expect.stringMatching(expected) }]);
    await eventually(() => readdirSync('/proc/self/fd').length === before, patience);
  });

  test('a port that is taken', () => {
    const handler = { accepted: () => undefined, failed() {} };
    const options = { ...open, passwords: [], local: ipv4.own, port, device: undefined };
    const first = linuxTcp.listen(options, handler);
    if (!('failure' in first)) listeners.push(first);
    expect(linuxTcp.listen(options, handler)).toEqual({ failure: 'bind: EADDRINUSE' });
  });
});

test('H15: packets leave from the source and the device that were asked for', async () => {
  await ip([`addr add 192.0.2.12/24 dev ${cable.near.name}`]);
  await peerListens(ipv4);
  await expectEcho(dial(transportTo(ipv4, { local: '192.0.2.12' as Ip, device: cable.near.name })));
  expect(peer.reports[0]).toMatchObject({ addresses: { remote: '192.0.2.12' } });
  const elsewhere = dial(transportTo(ipv4, { local: '192.0.2.12' as Ip, device: 'lo' }));
  await sleep(silenceMs);
  expect(kinds(elsewhere.told)).not.toContain('connected');
});

test('H15: a peer that vanishes with data in flight is noticed within the user timeout', async () => {
  await peerListens(ipv4);
  const dialled = dial(transportTo(ipv4, { userTimeoutMs: 1_000 }));
  await expectEcho(dialled);
  await ip([`link set ${cable.far.name} down`], cable.namespace);
  const sinceMs = performance.now();
  dialled.connection.write(octets('into the void'));
  await eventually(() => kinds(dialled.told).at(-1) === 'closed', { withinMs: 8_000 });
  expect(dialled.told.at(-1)).toMatchObject({ failure: expect.stringMatching(/ETIMEDOUT|EHOSTUNREACH/) });
  expect(performance.now() - sinceMs).toBeLessThan(6_000);
});

test('what is refused hears no word, and what is reset is gone at once', async () => {
  const options = { ...open, passwords: [], local: ipv4.own, port, device: undefined };
  const listener = linuxTcp.listen(options, { accepted: () => undefined, failed() {} });
  if ('failure' in listener) throw new Error(listener.failure);
  listeners.push(listener);
  await peer.order({
    kind: 'dial',
    transport: { ...open, remote: ipv4.own, port, local: ipv4.peer, device: undefined },
  });
  await eventually(() => kinds(peer.reports).at(-1) === 'closed', patience);
  expect(kinds(peer.reports)).toEqual(['connected', 'closed']);
  await peerListens(ipv4);
  const dialled = dial(transportTo(ipv4));
  await expectEcho(dialled);
  dialled.connection.reset();
  await eventually(() => peer.reports.at(-1)?.kind === 'closed', patience);
  expect(peer.reports.at(-1)).toMatchObject({ failure: 'read: ECONNRESET' });
});

test('octets that the peer does not read are counted, and what it reads is told', async () => {
  await peerListens(ipv4);
  const told: TcpReport[] = [];
  let drained = 0;
  const connection = linuxTcp.connect(transportTo(ipv4), { ...handlerFor(told), drained: () => void drained++ });
  connections.push(connection);
  await eventually(() => kinds(told).includes('connected'), patience);
  const some = new Uint8Array(4_096);
  for (let sent = 0; sent < 100; sent++) connection.write(some);
  expect(connection.unsentOctets).toBe(409_600);
  await eventually(() => connection.unsentOctets === 0, patience);
  expect(drained).toBeGreaterThan(0);
});

test('a thousand connections leave no descriptor', async () => {
  await peerListens(ipv4);
  const before = readdirSync('/proc/self/fd').length;
  for (let round = 0; round < 100; round++) {
    const some = Array.from({ length: 10 }, () => dial(transportTo(ipv4)));
    await eventually(() => some.every(({ told }) => kinds(told).includes('connected')), patience);
    for (const { connection } of some) connection.reset();
  }
  await eventually(() => readdirSync('/proc/self/fd').length === before, patience);
  expect(readFileSync('/proc/self/net/sockstat', 'utf8')).toContain('TCP');
}, 60_000);
