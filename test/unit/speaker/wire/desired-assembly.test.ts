import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import { addChunk, emptyAssembly, type DesiredState } from '#speaker/wire/desired-assembly.ts';
import { desiredMaxAddresses, type WireDesired } from '#speaker/seam.ts';

function chunk(generation: number, at: number, chunks: number, ips: readonly string[]): WireDesired {
  const addresses = ips.map((ip) => ({ ip: ip as Ip, owned: true, interfaces: 'any' as const }));
  return { kind: 'desired', generation, chunk: at, chunks, addresses, excludedInterfaces: ['^lo$'] };
}

/** The states that come into force, in order. */
function assemble(chunks: readonly WireDesired[]): readonly DesiredState[] {
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
  states.map(({ generation, owned }) => [generation, owned.map(({ ip }) => ip)]);

test('one chunk is in force at once', () => {
  const states = assemble([chunk(1, 0, 1, ['192.0.2.1'])]);
  expect(states).toEqual([
    {
      generation: 1,
      owned: [{ ip: '192.0.2.1', value: 0xc0000201n, interfaces: 'any' }],
      excludedInterfaces: ['^lo$'],
    },
  ]);
});

test('several are in force when the last has come, in their order', () => {
  const states = assemble([chunk(1, 1, 2, ['192.0.2.2']), chunk(1, 0, 2, ['192.0.2.1'])]);
  expect(summary(states)).toEqual([[1, ['192.0.2.1', '192.0.2.2']]]);
});

test('a newer generation overtakes an incomplete one, whose rest is ignored', () => {
  const states = assemble([
    chunk(1, 0, 2, ['192.0.2.1']),
    chunk(2, 0, 1, ['192.0.2.9']),
    chunk(1, 1, 2, ['192.0.2.2']),
  ]);
  expect(summary(states)).toEqual([[2, ['192.0.2.9']]]);
});

test('an empty state is a state', () => {
  expect(summary(assemble([chunk(1, 0, 1, ['192.0.2.1']), chunk(2, 0, 1, [])]))).toEqual([
    [1, ['192.0.2.1']],
    [2, []],
  ]);
});

test('addresses that another node owns are left out', () => {
  const others = chunk(1, 0, 1, ['192.0.2.1']).addresses.map((address) => ({ ...address, owned: false }));
  expect(summary(assemble([{ ...chunk(1, 0, 1, []), addresses: others }]))).toEqual([[1, []]]);
});

test('more addresses than the bound are cut off', () => {
  const ips = Array.from(
    { length: desiredMaxAddresses + 1 },
    (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
  );
  expect(assemble([chunk(1, 0, 1, ips)])[0]?.owned).toHaveLength(desiredMaxAddresses);
});
