import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { decodeArpFrame, encodeArpFrame, type ArpFrame, type ArpPacket } from '#speaker/l2/arp.ts';
import {
  initialResponder,
  stepResponder,
  type ResponderEffect,
  type ResponderEvent,
  type ResponderState,
} from '#speaker/l2/responder.ts';

const own = '02:50:00:00:00:01' as Mac;
const client = '02:50:00:00:00:09' as Mac;
const broadcast = 'ff:ff:ff:ff:ff:ff' as Mac;
const zero = '00:00:00:00:00:00' as Mac;
const vip = '192.0.2.100' as Ip;
const clientIp = '192.0.2.9' as Ip;

function after(events: readonly ResponderEvent[], start = initialResponder(own, true, 0)): ResponderState {
  return events.reduce((state, event) => stepResponder(state, event).state, start);
}

const answering = after([{ kind: 'set', addresses: [vip], nowMs: 0 }]);

function request(fields: Partial<ArpPacket> = {}, destination: Mac = broadcast): Uint8Array {
  return encodeArpFrame({
    ethernet: { destination, source: client, etherType: 0x0806 },
    arp: { operation: 1, senderMac: client, senderIp: clientIp, targetMac: zero, targetIp: vip, ...fields },
  });
}

function framesOf(effects: readonly ResponderEffect[], form: 'reply' | 'announcement'): readonly ArpFrame[] {
  return effects.flatMap((effect) =>
    effect.kind === 'send' && effect.form === form ? [decodeArpFrame(effect.bytes)] : [],
  );
}

function repliesTo(state: ResponderState, bytes: Uint8Array): readonly ArpFrame[] {
  return framesOf(stepResponder(state, { kind: 'frame', family: 'IPv4', bytes }).effects, 'reply');
}

test('a request for an address is answered to the one who asked', () => {
  expect(repliesTo(answering, request())).toEqual([
    {
      ethernet: { destination: client, source: own, etherType: 0x0806 },
      arp: { operation: 2, senderMac: own, senderIp: vip, targetMac: client, targetIp: clientIp },
    },
  ]);
});

test.each<[string, number, Uint8Array]>([
  ['a unicast request', 1, request({}, own)],
  ['a probe for the address', 1, request({ senderIp: '0.0.0.0' as Ip })],
  ['a request for another address', 0, request({ targetIp: '192.0.2.101' as Ip })],
  ['a request to another host', 0, request({}, '02:50:00:00:00:08' as Mac)],
  ['a request to a multicast group', 0, request({}, '01:00:5e:00:00:01' as Mac)],
  ['a reply', 0, request({ operation: 2 })],
  ['an unknown operation', 0, request({ operation: 25 })],
  ['an announcement by another', 0, request({ senderIp: vip })],
  ['our own request', 0, request({ senderMac: own })],
  ['a request from a broadcast address', 0, request({ senderMac: broadcast })],
  ['a request from a multicast address', 0, request({ senderMac: '01:00:5e:00:00:01' as Mac })],
  ['a request from no address', 0, request({ senderMac: zero })],
])('%s: %i replies', (_, replies, bytes) => {
  expect(repliesTo(answering, bytes)).toHaveLength(replies);
});

test('what is no ARP for IPv4 is counted and not answered', () => {
  const bytes = request().subarray(0, 41);
  expect(stepResponder(answering, { kind: 'frame', family: 'IPv4', bytes }).effects).toEqual([{ kind: 'malformed' }]);
});

test('an address that is taken is announced in request form, then in reply form', () => {
  const { effects } = stepResponder(initialResponder(own, true, 0), { kind: 'set', addresses: [vip], nowMs: 0 });
  expect(framesOf(effects, 'announcement')).toEqual([
    {
      ethernet: { destination: broadcast, source: own, etherType: 0x0806 },
      arp: { operation: 1, senderMac: own, senderIp: vip, targetMac: zero, targetIp: vip },
    },
    {
      ethernet: { destination: broadcast, source: own, etherType: 0x0806 },
      arp: { operation: 2, senderMac: own, senderIp: vip, targetMac: own, targetIp: vip },
    },
  ]);
  expect(effects.at(-1)).toEqual({ kind: 'wakeAt', atMs: 100 });
});

test('a lost address is neither answered nor announced any more', () => {
  const state = after([{ kind: 'set', addresses: [], nowMs: 10 }], answering);
  expect(repliesTo(state, request())).toEqual([]);
  expect(framesOf(stepResponder(state, { kind: 'wake', nowMs: 100 }).effects, 'announcement')).toEqual([]);
});

test('saying the same again announces nothing', () => {
  const { effects } = stepResponder(answering, { kind: 'set', addresses: [vip], nowMs: 10 });
  expect(framesOf(effects, 'announcement')).toEqual([]);
});

test('with a new MAC everything is announced and answered with it', () => {
  const renewed = '02:50:00:00:00:02' as Mac;
  const { state, effects } = stepResponder(answering, { kind: 'link', mac: renewed, carrier: true, nowMs: 9000 });
  expect(framesOf(effects, 'announcement').map(({ arp }) => arp.senderMac)).toEqual([renewed, renewed]);
  expect(repliesTo(state, request()).map(({ ethernet }) => ethernet.source)).toEqual([renewed]);
});

test('without a carrier nothing is answered or announced; when it returns, everything is announced', () => {
  const lost = stepResponder(answering, { kind: 'link', mac: own, carrier: false, nowMs: 1000 });
  expect(lost.effects).toEqual([]);
  expect(repliesTo(lost.state, request())).toEqual([]);
  const other = '192.0.2.101' as Ip;
  const taken = stepResponder(lost.state, { kind: 'set', addresses: [vip, other], nowMs: 2000 });
  expect(taken.effects).toEqual([]);
  const back = stepResponder(taken.state, { kind: 'link', mac: own, carrier: true, nowMs: 3000 });
  const announced = framesOf(back.effects, 'announcement').map(({ arp }) => arp.senderIp);
  expect(announced).toEqual([vip, vip, other, other]);
});

test('a link told again as it was announces nothing', () => {
  expect(stepResponder(answering, { kind: 'link', mac: own, carrier: true, nowMs: 10 }).effects).toEqual([]);
});

test('a renewed address of the interface makes everything be announced', () => {
  const { effects } = stepResponder(answering, { kind: 'renewed', nowMs: 9000 });
  expect(framesOf(effects, 'announcement')).toHaveLength(2);
});

test('after a gap what was received meanwhile is thrown away', () => {
  expect(stepResponder(answering, { kind: 'gap' }).effects).toEqual([{ kind: 'discardReceived' }]);
});
