import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipFromNumber, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { encodeArpFrame } from '#speaker/l2/arp.ts';
import { packetTypes, type BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { encodeNdpFrame, ndpAnnouncement, ndpProbe } from '#speaker/l2/ndp.ts';
import { coarseNdpFilter, ndpFilter } from '#speaker/l2/ndp-filter.ts';
import { maxInstructions } from '#speaker/l2/span-tests.ts';
import { golden } from '#test/golden/golden.ts';
import { runBpf } from '#test/simulation/node/bpf-interpreter.ts';

const otherHost = 3;
const mac = '02:50:00:00:00:09' as Mac;
const prefix = 0x2001_0db8n << 96n;

const ipOf = (end: number): Ip => ipFromNumber('IPv6', prefix + BigInt(end));
const solicitation = (end: number): Uint8Array => encodeNdpFrame(ndpProbe(mac, ipOf(end)));
const advertisement = (end: number): Uint8Array => encodeNdpFrame(ndpAnnouncement(mac, ipOf(end)));

function passes(program: BpfProgram, bytes: Uint8Array, packetType: number = packetTypes.multicast): boolean {
  return runBpf(program, bytes, packetType) > 0;
}

const arp = encodeArpFrame({
  ethernet: { destination: mac, source: mac, etherType: 0x0806 },
  arp: { operation: 1, senderMac: mac, senderIp: '0.0.0.1' as Ip, targetMac: mac, targetIp: '0.0.0.1' as Ip },
});

/** The solicitation for 1 with another octet at an offset. */
const changed = (offset: number, value: number): Uint8Array => solicitation(1).with(offset, value);

test.each<[string, boolean, Uint8Array, number]>([
  ['a solicitation to the group of a wanted address', true, solicitation(1), packetTypes.multicast],
  ['a captured one', true, golden('ndp/solicitation'), packetTypes.multicast],
  ['a unicast one', true, golden('ndp/unicast-probe'), packetTypes.host],
  ['one to all', true, solicitation(1), packetTypes.broadcast],
  ['one for another address', false, solicitation(2), packetTypes.multicast],
  ['one for another host', false, solicitation(1), otherHost],
  ['an advertisement of a wanted address', true, advertisement(205), packetTypes.multicast],
  ['an advertisement of another address', false, advertisement(206), packetTypes.multicast],
  ['one that a router forwarded', false, changed(21, 254), packetTypes.multicast],
  ['UDP', false, changed(20, 17), packetTypes.multicast],
  ['an echo request', false, changed(54, 128), packetTypes.multicast],
  ['a router advertisement', false, changed(54, 134), packetTypes.multicast],
  ['a redirect', false, changed(54, 137), packetTypes.multicast],
  ['another code', false, changed(55, 1), packetTypes.multicast],
  ['ARP', false, arp, packetTypes.broadcast],
])('%s passes: %s', (_, expected, bytes, packetType) => {
  expect(passes(ndpFilter([1, 200, 201, 202, 203, 204, 205]), bytes, packetType)).toBe(expected);
});

test('the coarse filter passes all neighbour discovery to this host, its groups or all', () => {
  for (const type of Object.values(packetTypes)) {
    expect(passes(coarseNdpFilter, solicitation(7), type)).toBe(true);
    expect(passes(coarseNdpFilter, advertisement(7), type)).toBe(true);
  }
  expect(passes(coarseNdpFilter, solicitation(7), otherHost)).toBe(false);
  expect(passes(coarseNdpFilter, changed(54, 134))).toBe(false);
});

test('without addresses nothing passes', () => {
  expect(passes(ndpFilter([]), solicitation(0))).toBe(false);
});

test('a frame that ends before the target does not pass', () => {
  for (let length = 0; length < 78; length++)
    expect(passes(ndpFilter([1]), solicitation(1).subarray(0, length))).toBe(false);
});

test('256 scattered addresses are matched exactly', () => {
  const wanted = Array.from({ length: 256 }, (_, index) => 0x0a00_0000 + index * 1000);
  const program = ndpFilter(wanted);
  expect(program.length).toBeLessThanOrEqual(maxInstructions);
  for (const end of wanted) {
    expect(passes(program, solicitation(end))).toBe(true);
    expect(passes(program, solicitation(end + 1))).toBe(false);
    expect(passes(program, advertisement(end - 1))).toBe(false);
  }
});

test('however many addresses: within the bound, and none of them is missed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff_ffff), { maxLength: 2000, size: 'max' }), (wanted) => {
      const program = ndpFilter(wanted);
      expect(program.length).toBeLessThanOrEqual(maxInstructions);
      for (const end of wanted.slice(0, 20)) expect(passes(program, solicitation(end))).toBe(true);
    }),
    { numRuns: 50 },
  );
});
