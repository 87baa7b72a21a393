// Golden values: computed by another implementation, so that every version and every node agrees.
import { expect, test } from 'vitest';
import { fnv1a32, mix32, placementHash, score } from '#speaker/desired/rendezvous.ts';
import { nodeIdToBytes } from '#speaker/segment/node-id.ts';
import { ipToBytes } from '#shared/net/ip.ts';
import { ip, nodeId } from '../views.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
])('FNV-1a of %j', (text, hash) => {
  expect(fnv1a32(bytes(text))).toBe(hash);
});

test.each([
  [0, 0],
  [1, 0x514e28b7],
  [0xffffffff, 0x81f16f39],
  [0xdeadbeef, 0x0de5c6a9],
])('mix32 of %i', (value, mixed) => {
  expect(mix32(value)).toBe(mixed);
});

test.each([
  ['192.0.2.200', 'n1', 0x967d643f],
  ['192.0.2.200', 'n2', 0x302f87df],
  ['192.0.2.200', 'n3', 0x4a3cef0f],
  ['192.0.2.201', 'n1', 0xad211ada],
  ['192.0.2.201', 'n2', 0x631afd0b],
  ['192.0.2.201', 'n3', 0x0dbc3ad1],
  ['2001:db8::1', 'n1', 0xcbbff829],
  ['2001:db8::1', 'n2', 0xebf43f8d],
  ['2001:db8::1', 'n3', 0xe0a24b5a],
])('the score of %s on %s', (address, node, expected) => {
  expect(score(placementHash(ipToBytes(ip(address))), fnv1a32(nodeIdToBytes(nodeId(node))))).toBe(expected);
});
