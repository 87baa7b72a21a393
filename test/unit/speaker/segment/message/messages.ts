// Arbitrary messages of every type, for properties of the codec.
import * as fc from 'fast-check';
import { ipFromBytes } from '#shared/net/ip.ts';
import { macFromBytes } from '#shared/net/mac.ts';
import type { AddressEntry } from '#speaker/segment/message/address-list.ts';
import type { Header } from '#speaker/segment/message/header.ts';
import type { Message } from '#speaker/segment/message/message.ts';
import { nodeIdFromBytes } from '#speaker/segment/node-id.ts';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const count = fc.maxSafeNat();
const age = fc.option(fc.nat(0xfffe), { nil: undefined });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const id = bytes(8).map(nodeIdFromBytes);
const mac = bytes(6).map(macFromBytes);
const ip = fc.oneof(bytes(4), bytes(16)).map(ipFromBytes);
const entry: fc.Arbitrary<AddressEntry> = fc.record({
  ip,
  epoch: u32,
  minority: fc.boolean(),
  handOff: fc.boolean(),
  silent: fc.boolean(),
});
const entries = fc.array(entry, { maxLength: 50 });
const flags = fc.record({
  draining: fc.boolean(),
  noClaim: fc.boolean(),
  leaving: fc.boolean(),
  stale: fc.boolean(),
});
const table = fc.record({ version: u32, digest: fc.tuple(u32, u32) });
const kind = <Kind extends string>(name: Kind) => fc.constant(name);
const text = (maxLength: number) =>
  fc.string({ maxLength, unit: fc.constantFrom(...Array.from('abcdefghij-.0123456789')) });
const prefix = fc.oneof(
  fc.record({ ip: bytes(4).map(ipFromBytes), prefixBits: fc.nat(32) }),
  fc.record({ ip: bytes(16).map(ipFromBytes), prefixBits: fc.nat(128) }),
);

/** One for each of the 17 types. */
export const messages: readonly fc.Arbitrary<Message>[] = [
  fc.record({
    kind: kind('hello'),
    table,
    owned: u32,
    flags,
    beatMs: u16,
    weight: u16,
    mac,
    interfaceName: text(16),
    nodeName: text(253),
    prefixes: fc.array(prefix, { maxLength: 16 }),
  }),
  fc.record({
    kind: kind('beat'),
    beatSequence: u32,
    table,
    flags,
    loopLagMs: fc.nat(0xfffe),
    quietMs: age,
    watched: fc.array(fc.record({ peer: id, beatSequence: u32, ageMs: age }), { maxLength: 16 }),
  }),
  fc.record({ kind: kind('ping'), nonce: u32 }),
  fc
    .record({ kind: kind('table'), about: id, version: u32, chunk: fc.nat(0xfffe), entries, more: fc.nat(9) })
    .map(({ more, ...rest }) => ({ ...rest, chunks: Math.min(0xffff, rest.chunk + 1 + more) })),
  fc.record({ kind: kind('tableRequest'), about: id, haveVersion: u32 }),
  fc.record({
    kind: kind('claim'),
    reason: fc.constantFrom('orphan', 'new', 'adopt', 'handOff', 'defend', 'repeat'),
    entries,
  }),
  fc.record({ kind: kind('release'), entries }),
  fc.record({ kind: kind('offer'), offer: u32, reason: u8, entries }),
  fc.record({ kind: kind('refuse'), offer: u32, reason: u8, entries }),
  fc.record({ kind: kind('query'), query: u32, about: id }),
  fc.record({ kind: kind('vote'), query: u32, about: id, beatAgeMs: age, kernelAgeMs: age, speakerAgeMs: age }),
  fc.record({
    kind: kind('down'),
    about: id,
    incarnation: count,
    voters: fc.array(id, { maxLength: 20 }),
    cause: fc.constantFrom('silent', 'deaf', 'link', 'speakerDown'),
  }),
  fc.record({ kind: kind('up'), about: id, incarnation: count }),
  fc.record({ kind: kind('leaving'), mode: fc.constantFrom('restart', 'drain'), holdMs: u16 }),
  fc.record({ kind: kind('linkDown'), mac }),
  fc.record({ kind: kind('challenge'), nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: kind('response'), nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
];

export const header: fc.Arbitrary<Header> = fc.record({
  joining: fc.boolean(),
  keyId: u16,
  sender: id,
  incarnation: count,
  sequence: count,
});
