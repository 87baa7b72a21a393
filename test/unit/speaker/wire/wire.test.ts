import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { decodeArpFrame } from '#speaker/l2/arp.ts';
import { address, ethernet, network } from '#test/simulation/node/host-network.ts';
import { Speaker, twoInterfaces } from './played-speaker.ts';

const vip = '192.0.2.100' as Ip;
const otherVip = '198.51.100.100' as Ip;

test('says that it is ready, then what it sees', () => {
  const { messages, observed } = new Speaker();
  expect(messages.map(({ kind }) => kind)).toEqual(['ready', 'observed']);
  expect(observed).toMatchObject({
    sequence: 1,
    generation: 0,
    addresses: [],
    segments: [],
    problems: [],
  });
});

test('an interface is a segment where a pool range is on-link, or if it is named', () => {
  const speaker = new Speaker();
  speaker.surround({ ranges: [], namedInterfaces: ['eth1'] });
  speaker.advance(100);
  // A pool may be gone for a moment only.
  expect(speaker.observed.interfaces.map(({ open }) => open)).toEqual([true, true]);
  speaker.advance(70_000);
  const reason = 'no IPAddressPool that is announced has an address on-link there, and no L2Advertisement names it';
  expect(speaker.observed.interfaces).toEqual([
    { name: 'eth1', mac: '02:00:00:00:00:03', open: true },
    { name: 'eth0', mac: '02:00:00:00:00:02', open: false, reason },
  ]);
});

test('without a key no segment begins; with one it does', () => {
  const speaker = new Speaker();
  speaker.surround({ keys: undefined });
  const other = new Speaker();
  other.take([{ ip: vip }]);
  expect(other.answers(2, vip)).toBe(true);
});

test('tells the addresses of the host but those on lo and kube-ipvs0, and the gateways', () => {
  const ipvs = ethernet(9, 'kube-ipvs0', { noArp: true });
  const { links, addresses } = twoInterfaces();
  const { observed } = new Speaker({
    state: {
      links: new Map([...links, [9, ipvs]]),
      addresses: [...addresses, address(9, '192.0.2.100', 32), address(2, '10.0.0.1', 24)],
      gateways: [2, 3].map((interfaceIndex) => ({ interfaceIndex, ip: '192.0.2.254' as Ip })),
    },
  });
  expect(observed.hostAddresses).toEqual(['10.0.0.1', '192.0.2.1', '198.51.100.1']);
  expect(observed.gateways).toEqual(['192.0.2.254']);
});

test('an address that was never used is probed, then announced and answered on the interface whose prefix holds it, and there only', () => {
  const speaker = new Speaker();
  const sent = speaker.sentOn(2, () => speaker.take([{ ip: vip }]));
  expect(sent.slice(0, 3)).toEqual([`probe ${vip}`, `probe ${vip}`, `probe ${vip}`]);
  expect(sent.slice(3, 5)).toEqual([`announcement ${vip}`, `announcement ${vip}`]);
  expect(speaker.sockets.on(3).sent).toEqual([]);
  expect([speaker.answers(2, vip), speaker.answers(3, vip), speaker.answers(2, otherVip)]).toEqual([
    true,
    false,
    false,
  ]);
  speaker.advance(1000);
  expect(speaker.observed.generation).toBe(1);
  expect(speaker.observed.addresses).toEqual([
    {
      ip: vip,
      segments: [{ segment: 'eth0', epoch: 1, minority: false, answering: true }],
      counters: { requests: 1, replies: 1, announcements: 4 },
    },
  ]);
  expect(speaker.ownerChanges).toEqual([{ segment: 'eth0', ip: vip, owns: true, cause: 'new' }]);
});

test('addresses that wait to be announced are told, until the last one is', () => {
  const speaker = new Speaker();
  speaker.take(Array.from({ length: 100 }, (_, at) => ({ ip: `192.0.2.${100 + at}` as Ip })));
  const queued: number[] = [];
  for (let step = 0; step < 200; step++) {
    speaker.advance(50);
    queued.push(...speaker.observed.segments.map(({ announcementsQueued }) => announcementsQueued));
  }
  expect(Math.max(...queued)).toBeGreaterThan(10);
  expect(queued.at(-1)).toBe(0);
});

test('answers on named interfaces, whatever their prefixes', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip, interfaces: ['eth1'] }]);
  expect([speaker.answers(2, vip), speaker.answers(3, vip)]).toEqual([false, true]);
});

test('an address that no interface holds is answered nowhere, and that is told', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: '203.0.113.1' as Ip }]);
  speaker.advance(100);
  expect([speaker.observed.addresses, speaker.observed.unplaced]).toEqual([[], ['203.0.113.1']]);
});

test('is silent for what it loses, at once and for good', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  expect(speaker.answers(2, vip)).toBe(true);
  speaker.desire([]);
  const sent = speaker.sentOn(2, () => {
    speaker.ask(2, vip);
    speaker.advance(10_000);
  });
  expect(sent).toEqual([]);
  expect(speaker.observed.addresses).toEqual([]);
});

test('several chunks are in force when the last has come', () => {
  const speaker = new Speaker();
  const post = (chunk: number, ip: Ip): void => {
    const addresses = [speaker.desired({ ip })];
    speaker.channel.post({ kind: 'desired', generation: 7, chunk, chunks: 2, addresses });
    speaker.advance(1000);
  };
  post(0, vip);
  expect(speaker.answers(2, vip)).toBe(false);
  post(1, otherVip);
  expect([speaker.answers(2, vip), speaker.answers(3, otherVip)]).toEqual([true, true]);
  speaker.advance(100);
  expect(speaker.observed.generation).toBe(7);
});

test('carrier lost: silent and told at once; carrier back: announced', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.advance(1000);
  const before = speaker.observations.length;
  speaker.hostNetwork.become(twoInterfaces({ lowerUp: false }));
  speaker.advance(0);
  expect(speaker.observations).toHaveLength(before + 1);
  expect(speaker.observed.addresses).toMatchObject([{ ip: vip, segments: [{ answering: false }] }]);
  expect(speaker.answers(2, vip)).toBe(false);
  const sent = speaker.sentOn(2, () => {
    speaker.hostNetwork.become(twoInterfaces());
    // Others may have taken it meanwhile.
    expect(speaker.answers(2, vip)).toBe(false);
    speaker.advance(200);
  });
  expect(sent.slice(0, 2)).toEqual([`announcement ${vip}`, `announcement ${vip}`]);
  expect(speaker.answers(2, vip)).toBe(true);
});

test('a new MAC is announced and answered with', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.advance(10_000);
  const mac = '02:00:00:00:00:77' as Mac;
  speaker.hostNetwork.become(twoInterfaces({ mac }));
  expect(speaker.answers(2, vip)).toBe(true);
  const frames = speaker.sockets.on(2).sent.slice(-3).map(decodeArpFrame);
  expect(frames.map(({ ethernet: { source }, arp }) => [source, arp.senderMac])).toEqual([
    [mac, mac],
    [mac, mac],
    [mac, mac],
  ]);
});

test('an interface that is switched off has no socket; switched on, it has one and everything is announced', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.hostNetwork.become(twoInterfaces({ up: false, lowerUp: false }));
  speaker.advance(100);
  expect(speaker.sockets.openInterfaces).toEqual([3]);
  expect(speaker.observed.interfaces).toContainEqual({
    name: 'eth0',
    mac: '02:00:00:00:00:02',
    open: false,
    reason: 'it is down',
  });
  const sent = speaker.sentOn(2, () => {
    speaker.hostNetwork.become(twoInterfaces());
    speaker.advance(100);
  });
  expect(sent).toEqual([`announcement ${vip}`, `announcement ${vip}`]);
});

test('an interface that was deleted and made again gets a new socket', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  const again = [ethernet(30, 'eth0'), ethernet(3, 'eth1')];
  speaker.hostNetwork.become(network(again, [address(30, '192.0.2.1', 24), address(3, '198.51.100.1', 24)]));
  expect(speaker.sockets.openInterfaces.toSorted((a, b) => a - b)).toEqual([3, 30]);
  speaker.advance(100);
  expect(speaker.answers(30, vip)).toBe(true);
});

test('an address of the interface that comes back makes everything be announced', () => {
  const speaker = new Speaker();
  const { links, addresses } = twoInterfaces();
  const twice = [...addresses, address(2, '192.0.2.2', 24)];
  speaker.hostNetwork.become({ links, addresses: twice, gateways: [] });
  speaker.take([{ ip: vip }]);
  speaker.advance(10_000);
  speaker.hostNetwork.become(twoInterfaces());
  const sent = speaker.sentOn(2, () => speaker.hostNetwork.become({ links, addresses: twice, gateways: [] }));
  expect(sent).toEqual([`announcement ${vip}`, `announcement ${vip}`]);
});

test('an excluded interface carries nothing', () => {
  const speaker = new Speaker();
  speaker.surround({ excludedInterfaces: ['^eth0$'] });
  speaker.take([{ ip: vip }]);
  expect(speaker.sockets.openInterfaces).toEqual([3]);
  speaker.surround();
  speaker.advance(1000);
  expect(speaker.answers(2, vip)).toBe(true);
});

test('a pattern that is none is a problem; the rest works', () => {
  const speaker = new Speaker();
  speaker.surround({ excludedInterfaces: ['('] });
  speaker.take([{ ip: vip }]);
  speaker.advance(100);
  expect(speaker.observed.problems).toEqual([
    'announcedInterfacesToExclude: "(" is no regular expression and excludes nothing: correct it',
  ]);
  expect(speaker.answers(2, vip)).toBe(true);
});

test('without CAP_NET_RAW it lives, says so once, and tries again', () => {
  const speaker = new Speaker({ refusal: { call: 'socket', code: 'EPERM' } });
  speaker.take([{ ip: vip }]);
  speaker.advance(100);
  expect(speaker.observed.problems).toEqual([
    'CAP_NET_RAW is missing, so no address is announced on the LAN from this node: add NET_RAW to the capabilities of the speaker container',
  ]);
  expect(speaker.observed.interfaces).toMatchObject([
    { name: 'eth0', open: false, reason: 'socket failed with EPERM' },
    { name: 'eth1', open: false },
  ]);
  expect(speaker.observed.addresses).toEqual([]);
  const lines = speaker.logged.length;
  speaker.advance(30_000);
  expect(speaker.logged).toHaveLength(lines);
  speaker.sockets.refusal = undefined;
  speaker.advance(11_000);
  expect(speaker.observed.problems).toEqual([]);
  expect(speaker.answers(2, vip)).toBe(true);
});

test('a socket that breaks is opened again with the next change of the interfaces, and everything announced', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.sockets.on(2).fail({ call: 'recv', code: 'ENETDOWN' });
  speaker.advance(100);
  expect(speaker.observed.problems).toEqual([
    'eth0: no packet socket for IPv4 (recv failed with ENETDOWN); it is tried again',
  ]);
  expect(speaker.observed.addresses).toMatchObject([{ segments: [{ answering: false }] }]);
  const sent = speaker.sentOn(2, () => speaker.hostNetwork.become(twoInterfaces({ mtu: 9000 })));
  expect(sent).toEqual([`announcement ${vip}`, `announcement ${vip}`]);
  speaker.advance(100);
  expect(speaker.observed.problems).toEqual([]);
});

test('requests that waited through a pause of the thread are not answered; later ones are', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.arrive(2, vip);
  speaker.arrive(2, vip);
  speaker.clock.pause(2000);
  expect(speaker.sentOn(2, () => speaker.sockets.on(2).read())).toEqual([]);
  expect(speaker.answers(2, vip)).toBe(false);
  speaker.advance(300);
  expect(speaker.answers(2, vip)).toBe(true);
  expect(speaker.counter('ingot_wire_stalls_total', { limit: 'quarantine' })).toBe(1);
  expect(speaker.logged.at(-1)).toMatch('the wire thread did not run for a while');
});

test('requests that waited through a pause too short to matter are answered', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.arrive(2, vip);
  speaker.clock.pause(200);
  expect(speaker.sentOn(2, () => speaker.sockets.on(2).read())).toContain(`reply ${vip}`);
});

test('a flood of requests is reported once a second', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.advance(10_000);
  const before = speaker.observations.length;
  for (let count = 0; count < 300; count++) {
    speaker.ask(2, vip);
    speaker.advance(10);
  }
  expect(speaker.observations.length - before).toBeLessThanOrEqual(4);
  speaker.advance(1000);
  expect(speaker.observed.addresses).toMatchObject([{ counters: { requests: 300, replies: 300 } }]);
  const frames = { interface: 'eth0', direction: 'received' };
  expect(speaker.counter('ingot_packet_socket_frames_total', frames)).toBe(300);
});

test('stop closes every socket, then says so', () => {
  const speaker = new Speaker();
  speaker.take([{ ip: vip }]);
  speaker.channel.post({ kind: 'stop', mode: 'restart' });
  speaker.advance(1);
  expect([speaker.stopped, speaker.sockets.openInterfaces]).toEqual([true, []]);
  const messages = speaker.messages.length;
  speaker.advance(60_000);
  expect(speaker.messages).toHaveLength(messages);
});
