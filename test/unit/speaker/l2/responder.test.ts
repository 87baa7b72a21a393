import { expect, test } from 'vitest';
import type { Family, Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { decodeArpFrame, encodeArpFrame, type ArpFrame, type ArpPacket } from '#speaker/l2/arp.ts';
import { decodeNdpFrame, encodeNdpFrame, ndpAnnouncement, ndpProbe, type NdpFrame } from '#speaker/l2/ndp.ts';
import {
  initialResponder,
  neighbourProtocols,
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

const takes = (addresses: readonly Ip[], nowMs = 0): ResponderEvent => ({
  kind: 'answer',
  addresses,
  announce: 'schedule',
  nowMs,
});

/** A new state each time, for its addresses are changed in place. */
function after(...events: readonly ResponderEvent[]): ResponderState {
  return events.reduce((state, event) => stepResponder(state, event).state, initialResponder(own, true, 0));
}

const answering = (): ResponderState => after(takes([vip]));

/** As the station `own` hears the frame. */
function heard(family: Family, bytes: Uint8Array): ResponderEvent {
  const protocol = neighbourProtocols[family];
  return { kind: 'message', message: protocol.read(bytes, own), protocol, nowMs: 0 };
}

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
  return framesOf(stepResponder(state, heard('IPv4', bytes)).effects, 'reply');
}

test('a request for an address is answered to the one who asked', () => {
  expect(repliesTo(answering(), request())).toEqual([
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
  expect(repliesTo(answering(), bytes)).toHaveLength(replies);
});

test('an address that is taken is announced in request form, then in reply form', () => {
  const { effects } = stepResponder(initialResponder(own, true, 0), takes([vip]));
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
  const state = after(takes([vip]), { kind: 'silence', addresses: [vip], nowMs: 10 });
  expect(repliesTo(state, request())).toEqual([]);
  expect(announcedBy(state, 100)).toEqual([]);
});

/** Whose announcements a wake then brings. */
function announcedBy(state: ResponderState, nowMs: number): readonly Ip[] {
  return framesOf(stepResponder(state, { kind: 'wake', nowMs }).effects, 'announcement').map(({ arp }) => arp.senderIp);
}

test.each([
  ['schedule', [vip, vip], [vip, vip]],
  ['once', [vip, vip], []],
  ['none', [], []],
] as const)('taken with announce "%s", it is announced now: %j, and 100 ms later: %j', (announce, now, later) => {
  const start = initialResponder(own, true, 0);
  const { state, effects } = stepResponder(start, { kind: 'answer', addresses: [vip], announce, nowMs: 0 });
  expect(framesOf(effects, 'announcement').map(({ arp }) => arp.senderIp)).toEqual(now);
  expect(announcedBy(state, 100)).toEqual(later);
  expect(repliesTo(state, request())).toHaveLength(1);
});

test('an address that is answered already and taken once more without announcing goes on with its rounds', () => {
  const again: ResponderEvent = { kind: 'answer', addresses: [vip], announce: 'none', nowMs: 50 };
  expect(announcedBy(after(takes([vip]), again), 100)).toEqual([vip, vip]);
});

test('a mute responder neither answers nor announces; afterwards it does what is due, without making up for rounds', () => {
  const mute: ResponderEvent = { kind: 'mute', nowMs: 50 };
  const muted = after(takes([vip]), mute);
  expect(repliesTo(muted, request())).toEqual([]);
  expect(stepResponder(muted, { kind: 'wake', nowMs: 2000 }).effects).toEqual([]);
  const back = stepResponder(muted, { kind: 'unmute', nowMs: 3000 });
  expect(framesOf(back.effects, 'announcement')).toHaveLength(2);
  expect(back.effects.at(-1)).toEqual({ kind: 'wakeAt', atMs: 4000 });
  expect(repliesTo(back.state, request())).toHaveLength(1);
});

test('what is taken while mute is announced afterwards; what is lost while mute is not', () => {
  const other = '192.0.2.101' as Ip;
  const muted = after(
    takes([vip]),
    { kind: 'mute', nowMs: 50 },
    { kind: 'silence', addresses: [vip], nowMs: 60 },
    takes([other], 70),
  );
  const { effects } = stepResponder(muted, { kind: 'unmute', nowMs: 200 });
  expect(framesOf(effects, 'announcement').map(({ arp }) => arp.senderIp)).toEqual([other, other]);
});

test('with a new MAC everything is announced and answered with it', () => {
  const renewed = '02:50:00:00:00:02' as Mac;
  const { state, effects } = stepResponder(answering(), { kind: 'link', mac: renewed, carrier: true, nowMs: 9000 });
  expect(framesOf(effects, 'announcement').map(({ arp }) => arp.senderMac)).toEqual([renewed, renewed]);
  expect(repliesTo(state, request()).map(({ ethernet }) => ethernet.source)).toEqual([renewed]);
});

test('without a carrier nothing is answered or announced; when it returns, everything is announced', () => {
  const lost = stepResponder(answering(), { kind: 'link', mac: own, carrier: false, nowMs: 1000 });
  expect(lost.effects).toEqual([]);
  expect(repliesTo(lost.state, request())).toEqual([]);
  const other = '192.0.2.101' as Ip;
  const taken = stepResponder(lost.state, takes([other], 2000));
  expect(taken.effects).toEqual([]);
  const back = stepResponder(taken.state, { kind: 'link', mac: own, carrier: true, nowMs: 3000 });
  const announced = framesOf(back.effects, 'announcement').map(({ arp }) => arp.senderIp);
  expect(announced).toEqual([vip, vip, other, other]);
});

test('a link told again as it was announces nothing', () => {
  expect(stepResponder(answering(), { kind: 'link', mac: own, carrier: true, nowMs: 10 }).effects).toEqual([]);
});

test('a renewed address of the interface makes everything be announced', () => {
  const { effects } = stepResponder(answering(), { kind: 'renewed', nowMs: 9000 });
  expect(framesOf(effects, 'announcement')).toHaveLength(2);
});

const vip6 = '2001:db8::12:3456' as Ip;
const clientIp6 = '2001:db8::9' as Ip;
const group = 'ff02::1:ff12:3456' as Ip;
const groupMac = '33:33:ff:12:34:56' as Mac;
const answeringBoth = (): ResponderState => after(takes([vip, vip6]));

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
  const { effects } = stepResponder(state, heard('IPv6', bytes));
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
  expect(advertisementsAfter(answeringBoth(), solicitation(fields))).toEqual([owned]);
});

test('a duplicate address probe is answered to all nodes', () => {
  const told = {
    ...owned,
    ethernet: { ...owned.ethernet, destination: '33:33:00:00:00:01' },
    destination: 'ff02::1',
    message: { ...owned.message, solicited: false },
  };
  const probe = encodeNdpFrame(ndpProbe(client, vip6));
  expect(advertisementsAfter(answeringBoth(), probe)).toEqual([told]);
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
  expect(advertisementsAfter(answeringBoth(), bytes)).toEqual([]);
});

test('an advertisement of the address by another is not answered', () => {
  expect(advertisementsAfter(answeringBoth(), encodeNdpFrame(ndpAnnouncement(client, vip6)))).toEqual([]);
});

test('an IPv6 address that is taken is announced to all nodes, at the times of ARP', () => {
  let { state, effects } = stepResponder(initialResponder(own, true, 0), takes([vip6]));
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
