import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { decodeArpFrame, encodeArpFrame, type ArpFrame, type ArpPacket } from '#speaker/l2/arp.ts';
import { decodeNdpFrame, encodeNdpFrame, ndpAnnouncement, ndpProbe, type NdpFrame } from '#speaker/l2/ndp.ts';
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

const vip6 = '2001:db8::12:3456' as Ip;
const clientIp6 = '2001:db8::9' as Ip;
const group = 'ff02::1:ff12:3456' as Ip;
const groupMac = '33:33:ff:12:34:56' as Mac;
const answeringBoth = after([{ kind: 'set', addresses: [vip, vip6], nowMs: 0 }]);

interface Solicitation {
  readonly to?: Ip;
  readonly frameTo?: Mac;
  readonly source?: Ip;
  readonly target?: Ip;
  /** Undefined: the option is not there. */
  readonly option?: Mac | undefined;
  readonly frameFrom?: Mac;
}

function solicitation(fields: Solicitation = {}): Uint8Array {
  const { to = group, frameTo = groupMac, source = clientIp6, target = vip6, frameFrom = client } = fields;
  const option = 'option' in fields ? fields.option : client;
  return encodeNdpFrame({
    ethernet: { destination: frameTo, source: frameFrom, etherType: 0x86dd },
    source,
    destination: to,
    message: {
      kind: 'solicitation',
      target,
      options: option === undefined ? [] : [{ kind: 'sourceLinkLayerAddress', mac: option }],
    },
  });
}

function advertisementsAfter(state: ResponderState, bytes: Uint8Array): readonly NdpFrame[] {
  const { effects } = stepResponder(state, { kind: 'frame', family: 'IPv6', bytes });
  return effects.flatMap((effect) => (effect.kind === 'send' ? [decodeNdpFrame(effect.bytes)] : []));
}

const owned: NdpFrame = {
  ethernet: { destination: client, source: own, etherType: 0x86dd },
  source: vip6,
  destination: clientIp6,
  message: {
    kind: 'advertisement',
    router: false,
    solicited: true,
    override: true,
    target: vip6,
    options: [{ kind: 'targetLinkLayerAddress', mac: own }],
  },
};

test.each<[string, Solicitation]>([
  ['to the group', {}],
  ['to the group, in a frame to us alone', { frameTo: own }],
  ['to the address itself', { to: vip6, frameTo: own }],
  ['to the address itself, without link-layer address', { to: vip6, frameTo: own, option: undefined }],
  ['without link-layer address', { option: undefined }],
  ['whose frame is from another station than it says', { frameFrom: '02:50:00:00:00:08' as Mac }],
])('a solicitation %s is answered to the one who asked', (_, fields) => {
  expect(advertisementsAfter(answeringBoth, solicitation(fields))).toEqual([owned]);
});

test('a duplicate address probe is answered to all nodes', () => {
  const told = {
    ...owned,
    ethernet: { ...owned.ethernet, destination: '33:33:00:00:00:01' },
    destination: 'ff02::1',
    message: { ...owned.message, solicited: false },
  };
  const probe = encodeNdpFrame(ndpProbe(client, vip6));
  expect(advertisementsAfter(answeringBoth, probe)).toEqual([told]);
});

test.each<[string, Uint8Array]>([
  ['for another address of the group', solicitation({ target: '2001:db8::1:12:3456' as Ip })],
  ['to another group', solicitation({ to: 'ff02::1:ff12:3457' as Ip, frameTo: '33:33:ff:12:34:57' as Mac })],
  ['to all nodes', solicitation({ to: 'ff02::1' as Ip, frameTo: '33:33:00:00:00:01' as Mac })],
  ['to the address, in a frame to all', solicitation({ to: vip6 })],
  ['to the address, in a frame to another station', solicitation({ to: vip6, frameTo: '02:50:00:00:00:08' as Mac })],
  ['to another address', solicitation({ to: clientIp6, frameTo: own })],
  ['in a broadcast frame', solicitation({ frameTo: broadcast })],
  ['from the address itself', solicitation({ source: vip6 })],
  ['of our own', solicitation({ option: undefined, frameFrom: own })],
  ['from a station with our address', solicitation({ option: own })],
  ['from a group of stations', solicitation({ option: groupMac })],
  ['that is our own probe come back', encodeNdpFrame(ndpProbe(own, vip6))],
])('a solicitation %s is not answered', (_, bytes) => {
  expect(advertisementsAfter(answeringBoth, bytes)).toEqual([]);
});

test('an advertisement of the address by another is not answered', () => {
  expect(advertisementsAfter(answeringBoth, encodeNdpFrame(ndpAnnouncement(client, vip6)))).toEqual([]);
});

test('a solicitation with a wrong checksum is counted and not answered', () => {
  const bytes = solicitation();
  bytes.set([0], 57);
  const { effects } = stepResponder(answeringBoth, { kind: 'frame', family: 'IPv6', bytes });
  expect(effects).toEqual([{ kind: 'malformed' }]);
});

test('an IPv6 address that is taken is announced to all nodes, at the times of ARP', () => {
  let { state, effects } = stepResponder(initialResponder(own, true, 0), {
    kind: 'set',
    addresses: [vip6],
    nowMs: 0,
  });
  const times: number[] = [];
  for (let nowMs = 0; ;) {
    for (const effect of effects) {
      if (effect.kind !== 'send') continue;
      expect(effect.form).toBe('announcement');
      expect(decodeNdpFrame(effect.bytes)).toEqual(decodeNdpFrame(encodeNdpFrame(ndpAnnouncement(own, vip6))));
      times.push(nowMs);
    }
    const wake = effects.find(({ kind }) => kind === 'wakeAt');
    if (wake?.kind !== 'wakeAt') break;
    nowMs = wake.atMs;
    ({ state, effects } = stepResponder(state, { kind: 'wake', nowMs }));
  }
  expect(times).toEqual([0, 100, 1100, 2200, 3300, 4400]);
});
