import { describe, expect, test } from 'vitest';
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { formatRange, parsePrefix, parseRange, rangeContains, type Range } from '#shared/net/range.ts';

const range = (text: string): Range => {
  const parsed = parseRange(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
};

describe('parseRange', () => {
  test.each([
    ['198.51.100.0/24', '198.51.100.0/24'],
    ['198.51.100.10/24', '198.51.100.0/24'],
    ['198.51.100.7/32', '198.51.100.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['198.51.100.10-198.51.100.20', '198.51.100.10-198.51.100.20'],
    ['198.51.100.10 - 198.51.100.20', '198.51.100.10-198.51.100.20'],
    ['198.51.100.0-198.51.100.255', '198.51.100.0/24'],
    ['2001:DB8::/64', '2001:db8::/64'],
    ['2001:db8::1-2001:db8::5', '2001:db8::1-2001:db8::5'],
  ])('reads %s as %s', (text, expected) => {
    expect(formatRange(range(text))).toBe(expected);
  });

  test.each([
    ['198.51.100.1', 'must be a CIDR prefix'],
    ['198.51.100.0/33', 'must be a CIDR prefix'],
    ['198.51.100.0/024', 'must be a CIDR prefix'],
    ['198.51.100.0/255.255.255.0', 'must be a CIDR prefix'],
    ['198.51.100.1-198.51.100.2-198.51.100.3', 'must be a CIDR prefix'],
    ['198.51.100.1-2001:db8::1', 'different address families'],
    ['198.51.100.20-198.51.100.10', 'starts after its end'],
    ['', 'must be a CIDR prefix'],
  ])('refuses %j: %s', (text, message) => {
    expect(parseRange(text)).toEqual({ error: expect.stringContaining(message) });
  });
});

test('a range holds its ends and what lies between, of its family only', () => {
  const tenToTwenty = range('198.51.100.10-198.51.100.20');
  const held = ['198.51.100.9', '198.51.100.10', '198.51.100.20', '198.51.100.21', '::c633:640f'].filter((text) =>
    rangeContains(tenToTwenty, parseIp(text) as Ip),
  );
  expect(held).toEqual(['198.51.100.10', '198.51.100.20']);
});

test('a prefix keeps its host bits', () => {
  expect(parsePrefix('192.0.2.11/24')).toEqual({ ip: '192.0.2.11', prefixBits: 24 });
});
