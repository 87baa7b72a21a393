import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipFromNumber } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { encodeArpFrame } from '#speaker/l2/arp.ts';
import { arpFilter, coarseArpFilter } from '#speaker/l2/arp-filter.ts';
import { packetTypes, type BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { maxInstructions } from '#speaker/l2/span-tests.ts';
import { runBpf } from '#test/simulation/node/bpf-interpreter.ts';

const otherHost = 3;
const mac = '02:50:00:00:00:09' as Mac;

interface Frame {
  readonly operation?: number;
  readonly sender?: number;
  readonly target?: number;
  readonly etherType?: number;
}

function frame({ operation = 1, sender = 1, target = 2, etherType = 0x0806 }: Frame): Uint8Array {
  const [senderIp, targetIp] = [ipFromNumber('IPv4', BigInt(sender)), ipFromNumber('IPv4', BigInt(target))];
  return encodeArpFrame({
    ethernet: { destination: mac, source: mac, etherType },
    arp: { operation, senderMac: mac, senderIp, targetMac: mac, targetIp },
  });
}

function passes(program: BpfProgram, bytes: Uint8Array, packetType: number = packetTypes.broadcast): boolean {
  return runBpf(program, bytes, packetType) > 0;
}

test.each<[string, boolean, Frame, number]>([
  ['a request for a wanted address', true, { target: 100 }, packetTypes.broadcast],
  ['a unicast request for a wanted address', true, { target: 100 }, packetTypes.host],
  ['a request for another address', false, { target: 101 }, packetTypes.broadcast],
  ['a request by a wanted address for another', true, { sender: 205 }, packetTypes.broadcast],
  ['an announcement of a wanted address', true, { operation: 2, sender: 200, target: 200 }, packetTypes.broadcast],
  ['a reply to us', true, { operation: 2 }, packetTypes.host],
  ['a broadcast reply about another address', false, { operation: 2 }, packetTypes.broadcast],
  ['what is meant for another host', false, { target: 100 }, otherHost],
  ['another protocol', false, { target: 100, etherType: 0x0800 }, packetTypes.broadcast],
])('%s passes: %s', (_, expected, description, packetType) => {
  const wanted = [100, 200, 201, 202, 203, 204, 205];
  expect(passes(arpFilter(wanted), frame(description), packetType)).toBe(expected);
});

test('without addresses only replies to us pass', () => {
  const program = arpFilter([]);
  expect(passes(program, frame({ target: 0, sender: 0 }))).toBe(false);
  expect(passes(program, frame({ operation: 2 }), packetTypes.host)).toBe(true);
});

test('a frame shorter than ARP does not pass', () => {
  const program = arpFilter([100]);
  for (let length = 0; length < 42; length++) {
    expect(passes(program, frame({ target: 100 }).subarray(0, length))).toBe(false);
  }
});

test('the coarse filter passes all ARP to this host or to all', () => {
  expect(passes(coarseArpFilter, frame({}), packetTypes.host)).toBe(true);
  expect(passes(coarseArpFilter, frame({}), packetTypes.broadcast)).toBe(true);
  expect(passes(coarseArpFilter, frame({}), otherHost)).toBe(false);
  expect(passes(coarseArpFilter, frame({ etherType: 0x86dd }))).toBe(false);
});

test('256 scattered addresses are matched exactly', () => {
  const wanted = new Set(Array.from({ length: 256 }, (_, index) => 0x0a000000 + index * 1000));
  const program = arpFilter([...wanted]);
  expect(program.length).toBeLessThanOrEqual(maxInstructions);
  for (const address of wanted) {
    expect(passes(program, frame({ target: address }))).toBe(true);
    expect(passes(program, frame({ target: address + 1 }))).toBe(false);
    expect(passes(program, frame({ sender: address }))).toBe(true);
    expect(passes(program, frame({ sender: address - 1 }))).toBe(false);
  }
});

test('however many addresses: within the bound, and none of them is missed', () => {
  const addresses = fc.array(fc.nat(0xffffffff), { maxLength: 2000, size: 'max' });
  fc.assert(
    fc.property(addresses, (wanted) => {
      const program = arpFilter(wanted);
      expect(program.length).toBeLessThanOrEqual(maxInstructions);
      for (const address of wanted.slice(0, 20)) {
        expect(passes(program, frame({ target: address }))).toBe(true);
        expect(passes(program, frame({ sender: address }))).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

test('pairs of neighbours, which need two tests each, are merged until they fit', () => {
  const wanted = Array.from({ length: 256 }, (_, index) => 0x0a000000 + Math.floor(index / 2) * 1000 + (index % 2));
  const many = [...wanted, ...wanted.map((address) => address + 0x01000000)];
  const program = arpFilter(many);
  expect(program.length).toBeLessThanOrEqual(maxInstructions);
  for (const address of many) expect(passes(program, frame({ target: address }))).toBe(true);
});
