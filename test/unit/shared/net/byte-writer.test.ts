import { expect, test } from 'vitest';
import { ByteWriter } from '#shared/net/byte-writer.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('puts integers and octets in network order', () => {
  const writer = new ByteWriter(20).u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0fn);
  expect(hex(writer.bytes(Uint8Array.of(0xaa, 0xbb)).zeros(2).finish())).toBe('0102030405060708090a0b0c0d0e0faabb0000');
  expect(writer.length).toBe(19);
});

test('puts integers in little-endian order', () => {
  const writer = new ByteWriter(15, 'little').u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0fn);
  expect(hex(writer.finish())).toBe('010302070605040f0e0d0c0b0a0908');
});

test.each([
  ['beyond its bound', (writer: ByteWriter) => writer.u16(1)],
  ['octets beyond its bound', (writer: ByteWriter) => writer.bytes(Uint8Array.of(1, 2))],
  ['a value too large', (writer: ByteWriter) => writer.u8(256)],
  ['a negative value', (writer: ByteWriter) => writer.u8(-1)],
  ['a fraction', (writer: ByteWriter) => writer.u8(1.5)],
])('refuses %s as our own mistake', (_, write) => {
  expect(() => write(new ByteWriter(1))).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
});

test('writes over given octets', () => {
  const into = Uint8Array.of(9, 9, 9, 9, 9);
  expect(hex(new ByteWriter(into).u16(0x0102).zeros(2).finish())).toBe('01020000');
  expect(hex(into)).toBe('0102000009');
});
