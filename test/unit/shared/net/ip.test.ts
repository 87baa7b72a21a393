import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareIps,
  familyOf,
  ipFromBytes,
  ipFromNumber,
  ipToBytes,
  ipToNumber,
  parseIp,
  type Ip,
} from '#shared/net/ip.ts';

const ip = (text: string): Ip => {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`${text} does not parse`);
  return parsed;
};

describe('parseIp', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:db8::192.0.2.1', '2001:db8::c000:201'],
  ])('reads %s as %s', (text, expected) => {
    expect(parseIp(text)).toBe(expected);
  });

  test.each([
    ['', 'nothing'],
    ['192.0.2', 'too short'],
    ['192.0.2.256', 'octet above 255'],
    ['192.0.02.1', 'leading zero'],
    ['192.0.2.1/24', 'a prefix'],
    ['192.0.2.1 ', 'white space'],
    ['fe80::1%eth0', 'a zone'],
    ['::ffff:192.0.2.1', 'IPv4-mapped'],
    ['::ffff:c000:201', 'IPv4-mapped in hexadecimal'],
    ['1:2:3:4:5:6:7:8:9', 'nine groups'],
    ['1::2::3', 'two gaps'],
    ['::g', 'no hexadecimal'],
    [':'.repeat(100_000), 'absurd length'],
  ])('refuses %j: %s', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseIp(text)));
  });
});

const anyNumber = fc.oneof(
  fc.record({ family: fc.constant('IPv4' as const), value: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }) }),
  fc.record({ family: fc.constant('IPv6' as const), value: fc.bigInt({ min: 2n ** 49n, max: 2n ** 128n - 1n }) }),
);

test('number, text and octets stand for the same address', () => {
  fc.assert(
    fc.property(anyNumber, ({ family, value }) => {
      const address = ipFromNumber(family, value);
      expect(familyOf(address)).toBe(family);
      expect(ipToNumber(address)).toBe(value);
      expect(parseIp(address)).toBe(address);
      expect(ipFromBytes(ipToBytes(address))).toBe(address);
    }),
  );
});

test('addresses sort IPv4 first, then by value', () => {
  const sorted = ['192.0.2.9', '192.0.2.10', '2001:db8::9', '2001:db8::10'].map(ip);
  expect(sorted.toReversed().toSorted(compareIps)).toEqual(sorted);
});
