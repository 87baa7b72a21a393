import { expect, test } from 'vitest';
import { ByteReader } from '#shared/net/byte-reader.ts';
import { WireError } from '#shared/net/wire-error.ts';

const bytes = Uint8Array.from({ length: 15 }, (_, index) => index + 1);

test('takes integers in network order, one after the other', () => {
  const reader = new ByteReader(bytes);
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([
    0x01,
    0x0203,
    0x04050607,
    0x08090a0b0c0d0e0fn,
  ]);
  expect([reader.offset, reader.remaining]).toEqual([15, 0]);
});

test('takes integers in little-endian order', () => {
  const reader = new ByteReader(bytes, 'little');
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([
    0x01,
    0x0302,
    0x07060504,
    0x0f0e0d0c0b0a0908n,
  ]);
});

test('takes octets and skips them', () => {
  const reader = new ByteReader(bytes);
  reader.skip(2);
  expect([...reader.bytes(3)]).toEqual([3, 4, 5]);
  expect(reader.remaining).toBe(10);
});

test('reads a part of a larger buffer', () => {
  expect(new ByteReader(bytes.subarray(4, 6)).u16()).toBe(0x0506);
});

test.each([
  ['u8', 0],
  ['u16', 1],
  ['u32', 3],
  ['u64', 7],
] as const)('%s with only %i octets left is truncated and takes nothing', (method, length) => {
  const reader = new ByteReader(bytes.subarray(0, length));
  expect(() => reader[method]()).toThrow(expect.objectContaining({ name: 'WireError', code: 'truncated' }));
  expect(reader.remaining).toBe(length);
});

test('octets beyond the end are truncated', () => {
  expect(() => new ByteReader(bytes).bytes(16)).toThrow(WireError);
  expect(() => new ByteReader(bytes).skip(16)).toThrow(WireError);
});
