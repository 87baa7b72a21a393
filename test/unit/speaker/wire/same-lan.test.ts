import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { parsePrefix, rangeOfPrefix, type Range } from '#shared/net/range.ts';
import { overlaps, speaksRather } from '#speaker/wire/same-lan.ts';

function range(text: string): Range {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is no prefix`);
  return rangeOfPrefix(prefix);
}

function ranked(name: string, onLink: readonly string[], gateway?: string) {
  return { name, onLink: onLink.map(range), gateways: gateway === undefined ? [] : [gateway as Ip] };
}

const pools = ['192.0.2.64/26', '198.51.100.0/24', '2001:db8::/64'].map(range);

test.each([
  [
    'more pool ranges on-link',
    ranked('b', ['192.0.2.0/24', '198.51.100.0/25']),
    ranked('a', ['192.0.2.0/24'], '192.0.2.254'),
  ],
  ['as many, and a default route', ranked('b', ['192.0.2.0/24'], '192.0.2.254'), ranked('a', ['198.51.100.0/24'])],
  ['the lower name, if all else is equal', ranked('a', ['192.0.2.0/24']), ranked('b', ['192.0.2.0/24'])],
  ['one range twice on-link counts once', ranked('a', ['192.0.2.0/24']), ranked('b', ['192.0.2.0/25', '192.0.2.0/24'])],
])('the one speaks that has %s', (_, winner, loser) => {
  expect([speaksRather(winner, loser, pools), speaksRather(loser, winner, pools)]).toEqual([true, false]);
});

test.each([
  ['192.0.2.0/24', '192.0.2.64/26', true],
  ['192.0.2.0/25', '192.0.2.128/25', false],
  ['192.0.2.255/32', '192.0.2.0/24', true],
  ['0.0.0.0/0', '::/0', false],
  ['2001:db8::/64', '2001:db8::1/128', true],
])('%s and %s overlap: %s', (a, b, expected) => {
  expect([overlaps(range(a), range(b)), overlaps(range(b), range(a))]).toEqual([expected, expected]);
});
