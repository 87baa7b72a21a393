import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import { desiredChunkAddresses, desiredMaxAddresses, type WireDesired } from '#speaker/seam.ts';
import { addChunk, emptyAssembly, piecesOf, type DesiredState } from '#speaker/wire/desired-assembly.ts';

const desired = (ip: string): DesiredAddress => ({
  ip: ip as Ip,
  placementKey: ip as Ip,
  candidates: new Map(),
  answer: true,
  release: false,
});

function chunk(generation: number, at: number, chunks: number, ips: readonly string[]): WireDesired {
  return { kind: 'desired', generation, chunk: at, chunks, addresses: ips.map(desired) };
}

/** The states that come into force, in order. */
function assemble(...chunks: readonly WireDesired[]): readonly DesiredState[] {
  const states: DesiredState[] = [];
  let assembly = emptyAssembly;
  for (const one of chunks) {
    const added = addChunk(assembly, one);
    assembly = added.assembly;
    if (added.complete !== undefined) states.push(added.complete);
  }
  return states;
}

const summary = (states: readonly DesiredState[]): unknown =>
  states.map(({ generation, addresses }) => [generation, addresses.map(({ ip }) => ip)]);

/** 10.0.0.0 and on. */
const many = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);

test('one chunk is in force at once, each address with its number and its place', () => {
  expect(assemble(chunk(1, 0, 1, ['192.0.2.1', '2001:db8::1']))).toEqual([
    {
      generation: 1,
      addresses: [
        { ...desired('192.0.2.1'), value: 0xc0000201n },
        { ...desired('2001:db8::1'), value: 0x20010db8000000000000000000000001n },
      ],
      places: new Map([
        ['192.0.2.1', 0],
        ['2001:db8::1', 1],
      ]),
    },
  ]);
});

test('several are in force when the last has come, in their order', () => {
  const states = assemble(chunk(1, 1, 2, ['192.0.2.2']), chunk(1, 0, 2, ['192.0.2.1']));
  expect(summary(states)).toEqual([[1, ['192.0.2.1', '192.0.2.2']]]);
  expect(states[0]?.places.get('192.0.2.2' as Ip)).toBe(1);
});

test('a chunk that comes twice counts once', () => {
  const states = assemble(chunk(1, 0, 2, ['192.0.2.1']), chunk(1, 0, 2, ['192.0.2.1']), chunk(1, 1, 2, ['192.0.2.2']));
  expect(summary(states)).toEqual([[1, ['192.0.2.1', '192.0.2.2']]]);
});

test('a newer generation overtakes an incomplete one, whose rest is ignored', () => {
  const states = assemble(chunk(1, 0, 2, ['192.0.2.1']), chunk(2, 0, 1, ['192.0.2.9']), chunk(1, 1, 2, ['192.0.2.2']));
  expect(summary(states)).toEqual([[2, ['192.0.2.9']]]);
});

test('an empty state is a state', () => {
  expect(summary(assemble(chunk(1, 0, 1, ['192.0.2.1']), chunk(2, 0, 1, [])))).toEqual([
    [1, ['192.0.2.1']],
    [2, []],
  ]);
});

test('more addresses than the bound are cut off', () => {
  const [state] = assemble(chunk(1, 0, 1, many(desiredMaxAddresses + 1)));
  expect([state?.addresses.length, state?.places.size]).toEqual([desiredMaxAddresses, desiredMaxAddresses]);
});

test.each([
  [0, [0]],
  [1, [1]],
  [desiredChunkAddresses, [desiredChunkAddresses]],
  [desiredChunkAddresses + 1, [desiredChunkAddresses, 1]],
])('%i addresses are given in pieces of %j', (count, sizes) => {
  const [state] = assemble(chunk(1, 0, 1, many(count)));
  const pieces = state === undefined ? [] : piecesOf(state);
  expect(pieces.map(({ length }) => length)).toEqual(sizes);
  expect(pieces.flat()).toEqual(state?.addresses);
});
