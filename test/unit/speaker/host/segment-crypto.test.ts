import { expect, test } from 'vitest';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');

test('SHA-256 (FIPS 180-2, B.1)', () => {
  expect(hex(opensslSegmentCrypto.sha256(Buffer.from('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('HKDF-SHA256 without salt and info (RFC 5869, A.3)', () => {
  expect(hex(opensslSegmentCrypto.deriveKey(bytes('0b'.repeat(22)), ''))).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
  );
});

test('HMAC-SHA256 over parts (RFC 4231, 4.3)', () => {
  const parts = ['what do ya want ', 'for nothing?'].map((text) => Buffer.from(text));
  expect(hex(opensslSegmentCrypto.hmac(Buffer.from('Jefe'), parts))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});
