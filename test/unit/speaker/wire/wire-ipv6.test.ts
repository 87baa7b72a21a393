import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { packetTypes } from '#speaker/l2/classic-bpf.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import { decodeNdpFrame, encodeNdpFrame, ndpProbe } from '#speaker/l2/ndp.ts';
import { address } from '#test/simulation/node/host-network.ts';
import { client, Speaker, twoInterfaces } from './played-speaker.ts';

const vip = '192.0.2.100' as Ip;
const vip6 = '2001:db8::100' as Ip;
const group6 = 'ff02::1:ff00:100';
const ipv6 = 0x86dd;

/** eth0 with IPv6 too, unless a test takes the link-local address away. */
function withIPv6(linkLocal = true): HostNetworkState {
  const { addresses, ...rest } = twoInterfaces();
  const more = [address(2, '2001:db8::1', 64), ...(linkLocal ? [address(2, 'fe80::1', 64)] : [])];
  return { ...rest, addresses: [...addresses, ...more] };
}

function advertised(speaker: Speaker): readonly Ip[] {
  const messages = speaker.sockets.on(2, ipv6).sent.map((frame) => decodeNdpFrame(frame).message);
  return messages.filter(({ kind }) => kind === 'advertisement').map(({ target }) => target);
}

test('both families of a Service are answered, each by its protocol', () => {
  const speaker = new Speaker({ state: withIPv6() });
  speaker.take([{ ip: vip }, { ip: vip6 }]);
  expect(advertised(speaker)).toEqual([vip6, vip6]);
  const socket = speaker.sockets.on(2, ipv6);
  expect([...socket.groups]).toEqual([group6]);
  socket.arrive(encodeNdpFrame(ndpProbe(client, vip6)), packetTypes.multicast);
  socket.read();
  expect(advertised(speaker)).toEqual([vip6, vip6, vip6]);
  expect(speaker.answers(2, vip)).toBe(true);
  speaker.advance(1000);
  expect(speaker.observed.addresses).toMatchObject([
    { ip: vip, segments: [{ segment: 'eth0', answering: true }], counters: { requests: 1, replies: 1 } },
    { ip: vip6, segments: [{ segment: 'eth0', answering: true }], counters: { requests: 1, replies: 1 } },
  ]);
});

test('a group is joined before the first announcement of its address, and left when the address is lost', () => {
  const speaker = new Speaker({ state: withIPv6() });
  const socket = speaker.sockets.on(2, ipv6);
  const joinedBefore: boolean[] = [];
  const send = socket.send.bind(socket);
  socket.send = (frame) => {
    if (decodeNdpFrame(frame).message.kind === 'advertisement') joinedBefore.push(socket.groups.has(group6 as Ip));
    return send(frame);
  };
  speaker.take([{ ip: vip6 }]);
  expect(joinedBefore).toEqual([true, true]);
  // The probing that came before has joined it, too.
  speaker.advance(1_000);
  speaker.desire([]);
  expect(socket.groups.size).toBe(0);
});

test('1,000 IPv6 addresses are all announced within half a second of their probing', () => {
  const speaker = new Speaker({ state: withIPv6() });
  const ips = Array.from({ length: 1000 }, (_, at) => `2001:db8::${(at + 0x1000).toString(16)}` as Ip);
  speaker.desire(ips.map((ip) => ({ ip })));
  speaker.advance(800 + 499);
  expect(new Set(advertised(speaker))).toEqual(new Set(ips));
  expect(speaker.sockets.on(2, ipv6).groups.size).toBe(1000);
});

test('an interface without a link-local address carries IPv4 only; with it back, IPv6 is announced', () => {
  const speaker = new Speaker({ state: withIPv6() });
  speaker.take([{ ip: vip }, { ip: vip6 }]);
  speaker.hostNetwork.become(withIPv6(false));
  speaker.advance(100);
  expect(speaker.sockets.isOpen(2, ipv6)).toBe(false);
  expect(speaker.observed.addresses).toMatchObject([
    { segments: [{ answering: true }] },
    { ip: vip6, segments: [{ answering: false }] },
  ]);
  expect(speaker.answers(2, vip)).toBe(true);
  speaker.hostNetwork.become(withIPv6());
  expect(new Set(advertised(speaker))).toEqual(new Set([vip6]));
});

test('a broken socket of one family leaves the other as it is', () => {
  const speaker = new Speaker({ state: withIPv6() });
  speaker.take([{ ip: vip }, { ip: vip6 }]);
  speaker.sockets.on(2, ipv6).fail({ call: 'recv', code: 'ENETDOWN' });
  speaker.advance(100);
  expect(speaker.observed.problems).toEqual([
    'eth0: no packet socket for IPv6 (recv failed with ENETDOWN); it is tried again',
  ]);
  expect(speaker.observed.interfaces).toContainEqual({ name: 'eth0', mac: '02:00:00:00:00:02', open: true });
  expect(speaker.observed.addresses).toMatchObject([
    { segments: [{ answering: true }] },
    { segments: [{ answering: false }] },
  ]);
  const sent = speaker.sentOn(2, () => speaker.advance(10_000));
  expect(sent.filter((line) => !line.startsWith('announcement'))).toEqual([]);
  expect(speaker.observed.problems).toEqual([]);
  expect(speaker.observed.addresses).toMatchObject([
    { segments: [{ answering: true }] },
    { segments: [{ answering: true }] },
  ]);
  expect(advertised(speaker)).toContain(vip6);
});

test('a group that is refused is a problem; its address is announced all the same', () => {
  const speaker = new Speaker({ state: withIPv6() });
  speaker.sockets.on(2, ipv6).join = () => ({ call: 'setsockopt', code: 'ENOMEM' });
  speaker.take([{ ip: vip6 }]);
  speaker.advance(100);
  expect(speaker.observed.problems).toEqual([
    'eth0: not every multicast group of the IPv6 addresses is joined (setsockopt failed with ENOMEM), so neighbours may ask for them in vain; it is tried again',
  ]);
  expect(advertised(speaker)).toContain(vip6);
});
