import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WireError } from '#shared/net/wire-error.ts';
import { decodeControlPacket, encodeControlPacket, type ControlPacket } from '#speaker/bfd/control-packet.ts';
import { golden } from '#test/golden/golden.ts';
import { hex, toHex } from '../bgp/octets.ts';
import { packet } from './packets.ts';

/** By hand, after the diagram of RFC 5880 §4.1. */
const byHand: readonly (readonly [string, string, Partial<ControlPacket>])[] = [
  ['a newcomer', '20400318 00000063 00000000 000f4240 000493e0 00000000', {}],
  [
    'Init, with Poll',
    '20a00318 00000063 00000007 000f4240 000493e0 00000000',
    { state: 'init', poll: true, yourDiscriminator: 7 },
  ],
  [
    'Up, with Final',
    '20d00518 00000063 fffffffe 0000c350 00002710 00000000',
    {
      state: 'up',
      final: true,
      detectMultiplier: 5,
      yourDiscriminator: 0xffff_fffe,
      desiredMinTxUs: 50_000,
      requiredMinRxUs: 10_000,
    },
  ],
  [
    'AdminDown, with its diagnostic',
    '27000318 00000063 00000007 000f4240 000493e0 00000000',
    { state: 'adminDown', diagnostic: 7, yourDiscriminator: 7 },
  ],
  [
    'Up in Demand mode, with echo, of a control plane apart',
    '20ca0318 00000063 00000007 000f4240 000493e0 0000c350',
    { state: 'up', controlPlaneIndependent: true, demand: true, yourDiscriminator: 7, requiredMinEchoRxUs: 50_000 },
  ],
  [
    'with a password (RFC 5880 §4.2)',
    '2044031e 00000063 00000000 000f4240 000493e0 00000000 010601616263',
    { authentication: hex('010601616263') },
  ],
];

describe('golden octets', () => {
  test.each(byHand)('%s', (_, octets, changes) => {
    expect(toHex(encodeControlPacket(packet(changes)))).toBe(octets.replaceAll(' ', ''));
    expect(decodeControlPacket(hex(octets))).toEqual(packet(changes));
  });
});

describe('what routers of the wild say', () => {
  const bird2 = { myDiscriminator: 0x4879_8121, yourDiscriminator: 0x1c9f_863e, requiredMinRxUs: 100_000 };
  const frr = { myDiscriminator: 0xc4b7_a239, yourDiscriminator: 0x6b84_d055, requiredMinEchoRxUs: 50_000 };
  const fast = { desiredMinTxUs: 100_000, requiredMinRxUs: 100_000 };
  const slow = { desiredMinTxUs: 1_000_000, requiredMinRxUs: 1_000_000 };
  test.each<[string, Partial<ControlPacket>]>([
    ['bird-down', { myDiscriminator: 1, requiredMinRxUs: 100_000 }],
    ['bird-init', { ...bird2, state: 'init' }],
    ['bird-up-poll', { ...bird2, ...fast, state: 'up', poll: true }],
    ['bird-up-final', { ...bird2, ...fast, state: 'up', final: true }],
    ['frr-up', { ...frr, ...fast, state: 'up' }],
    ['frr-admin-down', { ...frr, ...slow, state: 'adminDown', diagnostic: 7 }],
    [
      'frr-8-admin-down',
      { ...frr, ...fast, myDiscriminator: 0x10eb_235f, yourDiscriminator: 0xe195_f6cc, state: 'adminDown' },
    ],
  ])('%s', (name, changes) => {
    const octets = golden(`bfd/${name}`);
    expect(decodeControlPacket(octets)).toEqual(packet(changes));
    expect(toHex(encodeControlPacket(packet(changes)))).toBe(toHex(octets));
  });
});

describe('RFC 5880 §6.8.6: what is discarded', () => {
  const rest = '00000000 000f4240 000493e0 00000000';
  test.each([
    ['version 0', `00400318 00000063 ${rest}`, 'unsupported'],
    ['version 2', `40400318 00000063 ${rest}`, 'unsupported'],
    ['a length below 24', `20400317 00000063 ${rest}`, 'malformed'],
    ['a length below 26 with A', `20440319 00000063 ${rest} 0102`, 'malformed'],
    ['a length beyond the payload', `20400319 00000063 ${rest}`, 'truncated'],
    ['multiplier 0', `20400018 00000063 ${rest}`, 'malformed'],
    ['the multipoint bit', `20410318 00000063 ${rest}`, 'unsupported'],
    ['My Discriminator 0', `20400318 00000000 ${rest}`, 'malformed'],
    ['Your Discriminator 0 in Init', `20800318 00000063 ${rest}`, 'malformed'],
    ['Your Discriminator 0 in Up', `20c00318 00000063 ${rest}`, 'malformed'],
  ])('%s', (_, octets, code) => {
    expect(() => decodeControlPacket(hex(octets))).toThrow(expect.objectContaining({ name: 'WireError', code }));
  });

  /** Everything is wrong with the first; the next is the one before with what was said repaired. */
  test.each([
    ['version 2 instead of 1', '40810017 00000000'],
    ['length 23, which is below 24', '20810017 00000000'],
    ['length 25, and 24 octets have come', '20810019 00000000'],
    ['detect multiplier 0', '20810018 00000000'],
    ['multipoint', '20810318 00000000'],
    ['My Discriminator 0', '20800318 00000000'],
    ['Your Discriminator 0 in init', '20800318 00000063'],
  ])('%s comes before what else is wrong', (message, octets) => {
    expect(() => decodeControlPacket(hex(`${octets} ${rest}`))).toThrow(message);
  });
});

test('what follows the packet is ignored', () => {
  expect(decodeControlPacket(hex('20400318 00000063 00000000 000f4240 000493e0 00000000 dead'))).toEqual(packet());
});

test('cut anywhere, it is too short', () => {
  for (const [, octets] of byHand) {
    const whole = hex(octets);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeControlPacket(whole.subarray(0, length))).toThrow(WireError);
    }
  }
});

test('with any octet changed, it is refused or a packet that is written as it is read', () => {
  const read = byHand.flatMap(([, octets]) =>
    changesOf(hex(octets)).flatMap((changed) => decodedOrRefused(changed) ?? []),
  );
  expect(read.length).toBeGreaterThan(10_000);
  expect(read.map((one) => decodeControlPacket(encodeControlPacket(one)))).toEqual(read);
});

function changesOf(octets: Uint8Array): readonly Uint8Array[] {
  return Array.from(octets, (_, at) => Array.from({ length: 256 }, (__, value) => octets.with(at, value))).flat();
}

function decodedOrRefused(octets: Uint8Array): ControlPacket | undefined {
  try {
    return decodeControlPacket(octets);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

const u32 = fc.nat(0xffff_ffff);
const anyPacket: fc.Arbitrary<ControlPacket> = fc.record({
  diagnostic: fc.nat(31),
  state: fc.constantFrom('adminDown', 'down', 'init', 'up'),
  poll: fc.boolean(),
  final: fc.boolean(),
  controlPlaneIndependent: fc.boolean(),
  demand: fc.boolean(),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  myDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
  yourDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
  desiredMinTxUs: u32,
  requiredMinRxUs: u32,
  requiredMinEchoRxUs: u32,
  authentication: fc.option(fc.uint8Array({ minLength: 2, maxLength: 231 }), { nil: undefined }),
});

test('any packet is read as it was written', () => {
  fc.assert(
    fc.property(anyPacket, (one) => {
      expect(decodeControlPacket(encodeControlPacket(one))).toEqual(one);
    }),
  );
});

test('any octets are a packet or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
      decodedOrRefused(octets);
    }),
    { numRuns: 2000 },
  );
});
