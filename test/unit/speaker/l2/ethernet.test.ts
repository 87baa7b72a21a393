import { expect, test } from 'vitest';
import { ByteReader } from '#shared/net/byte-reader.ts';
import type { Mac } from '#shared/net/mac.ts';
import { decodeEthernetHeader, encodeEthernetFrame } from '#speaker/l2/ethernet.ts';

const header = { destination: 'ff:ff:ff:ff:ff:ff' as Mac, source: '02:50:00:00:00:09' as Mac, etherType: 0x0806 };

function framed(payload: Uint8Array): Uint8Array {
  return encodeEthernetFrame(header, payload.length, (writer) => void writer.bytes(payload));
}

test('pads a short frame with zeros to 60 octets', () => {
  const frame = framed(Uint8Array.of(1, 2, 3));
  expect(Buffer.from(frame).toString('hex')).toBe(`ffffffffffff0250000000090806010203${'00'.repeat(43)}`);
});

test('leaves a long frame as it is', () => {
  expect(framed(new Uint8Array(100))).toHaveLength(114);
});

test('what was encoded is decoded, and the payload is what is left', () => {
  const reader = new ByteReader(framed(Uint8Array.of(7)));
  expect(decodeEthernetHeader(reader)).toEqual(header);
  expect(reader.u8()).toBe(7);
});
