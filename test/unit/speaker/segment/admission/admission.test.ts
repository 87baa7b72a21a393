import { createHmac, hkdfSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import { admit, newAdmission, type AdmissionConfig } from '#speaker/segment/admission/admission.ts';
import { deriveSegmentKey, seal, type SegmentKey } from '#speaker/segment/admission/keys.ts';
import { sourceBytes } from '#speaker/segment/admission/source-address.ts';
import type { Header } from '#speaker/segment/message/header.ts';
import { encodeMessage, type Message } from '#speaker/segment/message/message.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { randomFor } from '#test/simulation/time/random.ts';

const own = '1111111111111111' as NodeId;
const peer = '2222222222222222' as NodeId;
const peerIp = '10.0.0.2' as Ip;
const ownIp = '10.0.0.1' as Ip;

function keyOf(fill: number): SegmentKey {
  const key = deriveSegmentKey(new Uint8Array(32).fill(fill), opensslSegmentCrypto);
  if (key === undefined) throw new Error('the secret is long enough');
  return key;
}

const [current, previous, foreign] = [keyOf(1), keyOf(2), keyOf(3)];
const ping: Message = { kind: 'ping', nonce: 1 };

interface Given extends Partial<Header> {
  readonly message?: Message;
  readonly key?: SegmentKey;
  readonly sealedFor?: Ip;
}

function datagram({ message = ping, key = current, sealedFor = peerIp, ...header }: Given = {}): Uint8Array {
  const some = { joining: false, keyId: key.id, sender: peer, incarnation: 100, sequence: 1, ...header };
  const bytes = encodeMessage(some, message);
  seal(bytes, sourceBytes(sealedFor), key, opensslSegmentCrypto);
  return bytes;
}

function receiver() {
  const state = newAdmission(0);
  const config: AdmissionConfig = {
    self: { id: own, incarnation: 100 },
    keys: { current, previous },
    crypto: opensslSegmentCrypto,
    random: randomFor(1, 'nonces'),
    isOwn: (ip) => ip === ownIp,
    isOnLink: (ip) => ip.startsWith('10.0.0.'),
  };
  return {
    state,
    take: (bytes: Uint8Array, source = peerIp, nowMs = 0) => admit(state, bytes, source, config, nowMs),
  };
}

const droppedFor = (reason: string) => ({ kind: 'dropped', reason });

test('the tag is the HMAC of source address, header and body under the derived key', () => {
  const secret = new Uint8Array(32).fill(1);
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'ingot segment 1', 32));
  const bytes = datagram();
  const source = Buffer.from('00000000000000000000ffff0a000002', 'hex');
  const tag = createHmac('sha256', key).update(source).update(bytes.subarray(0, -16)).digest().subarray(0, 16);
  expect(Buffer.from(bytes.subarray(-16)).equals(tag)).toBe(true);
});

test('a secret of less than 32 bytes is none', () => {
  expect(deriveSegmentKey(new Uint8Array(31), opensslSegmentCrypto)).toBeUndefined();
});

test.each([
  ['the current key', current],
  ['the previous key', previous],
])('what is sealed with %s is believed', (_, key) => {
  expect(receiver().take(datagram({ key }))).toMatchObject({ kind: 'message', message: ping });
});

test.each([
  ['another key', datagram({ key: foreign }), peerIp, 'key'],
  ['another key that claims to be ours', datagram({ key: { ...foreign, id: current.id } }), peerIp, 'tag'],
  ['another source address than it was sealed for', datagram({ sealedFor: '10.0.0.9' as Ip }), peerIp, 'tag'],
  ['a source elsewhere', datagram({ sealedFor: '192.0.2.1' as Ip }), '192.0.2.1' as Ip, 'offLink'],
  ['too few octets', datagram().subarray(0, 47), peerIp, 'malformed'],
  ['too many octets', new Uint8Array(1201), peerIp, 'malformed'],
  ['another magic number', datagram().fill(0, 0, 2), peerIp, 'malformed'],
  ['another version', datagram().fill(9, 2, 3), peerIp, 'version'],
  ['this node as its sender, from elsewhere', datagram({ sender: own }), peerIp, 'duplicateId'],
])('a datagram with %s changes nothing and is counted', (_, bytes, source, reason) => {
  const { state, take } = receiver();
  expect(take(bytes, source)).toEqual(droppedFor(reason));
  expect(state.senders.size).toBe(0);
});

test('any bit changed on the way makes the tag wrong, or the datagram another', () => {
  const bytes = datagram();
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    expect(receiver().take(changed).kind).toBe('dropped');
  }
});

test('a replay is dropped, what was overtaken on the way is not', () => {
  const { take } = receiver();
  expect(take(datagram({ sequence: 5 })).kind).toBe('message');
  expect(take(datagram({ sequence: 4 })).kind).toBe('message');
  expect(take(datagram({ sequence: 5 }))).toEqual(droppedFor('replay'));
  expect(take(datagram({ sequence: 300 })).kind).toBe('message');
  expect(take(datagram({ sequence: 40 }))).toEqual(droppedFor('replay'));
});

test('a higher incarnation replaces; a lower one is challenged once a second and believed after its response', () => {
  const { take } = receiver();
  take(datagram({ incarnation: 200, sequence: 9 }));
  const challenge = take(datagram({ incarnation: 150, sequence: 1 }));
  if (challenge.kind !== 'challenge') throw new Error('no challenge');
  expect(take(datagram({ incarnation: 150, sequence: 2 }))).toEqual(droppedFor('replay'));
  const wrong: Message = { kind: 'response', nonce: challenge.nonce ^ 1n };
  expect(take(datagram({ incarnation: 150, sequence: 3, message: wrong })).kind).toBe('dropped');
  const right: Message = { kind: 'response', nonce: challenge.nonce };
  expect(take(datagram({ incarnation: 150, sequence: 4, message: right })).kind).toBe('message');
  expect(take(datagram({ incarnation: 150, sequence: 5 })).kind).toBe('message');
  expect(take(datagram({ incarnation: 300, sequence: 1 })).kind).toBe('message');
});

test('a challenge is answered with its nonce', () => {
  const message: Message = { kind: 'challenge', nonce: 77n };
  expect(receiver().take(datagram({ message }))).toEqual({ kind: 'respond', nonce: 77n });
});

test('a joining process changes no replay state', () => {
  const { state, take } = receiver();
  expect(take(datagram({ joining: true, incarnation: 900, sequence: 50 })).kind).toBe('message');
  expect(state.senders.size).toBe(0);
  expect(take(datagram({ incarnation: 100, sequence: 1 })).kind).toBe('message');
});

test('a newer process of this node retires it, one that joins or an older one does not', () => {
  const { take } = receiver();
  const from = { sender: own, sealedFor: ownIp };
  expect(take(datagram({ ...from, incarnation: 99 }), ownIp)).toEqual(droppedFor('own'));
  expect(take(datagram({ ...from, incarnation: 101, joining: true }), ownIp)).toEqual(droppedFor('own'));
  expect(take(datagram({ ...from, incarnation: 101 }), ownIp)).toEqual({ kind: 'retired' });
});

test('500 datagrams a second of one source are looked at, and 5,000 in all', () => {
  const { take } = receiver();
  const garbage = new Uint8Array(48);
  for (let count = 0; count < 500; count++) expect(take(garbage)).toEqual(droppedFor('malformed'));
  expect(take(garbage)).toEqual(droppedFor('rate'));
  for (let count = 0; count < 4_500; count++) take(garbage, `10.0.0.${10 + Math.floor(count / 500)}` as Ip);
  expect(take(garbage, '10.0.0.99' as Ip)).toEqual(droppedFor('rate'));
  expect(take(garbage, peerIp, 1_000)).toEqual(droppedFor('malformed'));
});
