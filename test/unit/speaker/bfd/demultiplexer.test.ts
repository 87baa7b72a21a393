import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { SessionPath } from '#speaker/bfd/bfd-sockets.ts';
import { Demultiplexer } from '#speaker/bfd/demultiplexer.ts';
import { packet } from './packets.ts';

const [router, other] = ['192.0.2.1' as Ip, '192.0.2.2' as Ip];
const path: SessionPath = { remote: router, local: '192.0.2.11' as Ip, interfaceIndex: undefined, multihop: false };
const newcomer = packet();

test('who knows our discriminator is found by it, wherever it comes from', () => {
  const sessions = new Demultiplexer<string>();
  sessions.add(7, 'seven');
  expect(sessions.find(packet({ yourDiscriminator: 7 }), other, path)).toBe('seven');
  expect(sessions.find(packet({ yourDiscriminator: 8 }), router, path)).toBeUndefined();
  sessions.remove(7);
  expect([sessions.has(7), sessions.find(packet({ yourDiscriminator: 7 }), router, path)]).toEqual([false, undefined]);
});

test.each<[string, Partial<SessionPath>]>([
  ['another source', { remote: other }],
  ['another address of ours', { local: '192.0.2.12' as Ip }],
  ['another interface', { interfaceIndex: 3 }],
  ['the port of several hops', { multihop: true }],
])('a newcomer is found by its path: not with %s', (_, changes) => {
  const sessions = new Demultiplexer<string>();
  expect(sessions.claim(path, 'router')).toBe(true);
  const at = { ...path, ...changes };
  expect(sessions.find(newcomer, router, path)).toBe('router');
  expect(sessions.find(newcomer, at.remote, at)).toBeUndefined();
});

test('a path is one session’s, and a session has one path', () => {
  const sessions = new Demultiplexer<string>();
  const elsewhere = { ...path, interfaceIndex: 3 };
  expect([sessions.claim(path, 'one'), sessions.claim(path, 'one'), sessions.claim(path, 'two')]).toEqual([
    true,
    true,
    false,
  ]);
  expect(sessions.claim(elsewhere, 'one')).toBe(true);
  expect([sessions.find(newcomer, router, path), sessions.find(newcomer, router, elsewhere)]).toEqual([
    undefined,
    'one',
  ]);
  expect(sessions.claim(path, 'two')).toBe(true);
  sessions.release('two');
  expect(sessions.find(newcomer, router, path)).toBeUndefined();
  sessions.release('nobody');
  expect(sessions.find(newcomer, router, elsewhere)).toBe('one');
});
