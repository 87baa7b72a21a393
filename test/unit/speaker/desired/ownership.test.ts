import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createElection, type Rank } from '#speaker/desired/ownership.ts';
import { ip, nodeId } from '../views.ts';

const elect = createElection(nodeId);
const rank = (node: string, fields: Partial<Rank> = {}): Rank => ({ node, ready: true, preference: 0, ...fields });
const addresses = Array.from({ length: 200 }, (_, index) => ip(`192.0.2.${index + 1}`));

// Scores of 192.0.2.200: n1 0x967d643f, n3 0x4a3cef0f, n2 0x302f87df.
describe('the owner of 192.0.2.200', () => {
  test.each<[string, readonly Rank[], string | undefined]>([
    ['is nobody without candidates', [], undefined],
    ['is the highest score', [rank('n2'), rank('n1'), rank('n3')], 'n1'],
    ['is the preferred node before a higher score', [rank('n1'), rank('n2', { preference: 1 })], 'n2'],
    ['is the more preferred', [rank('n1', { preference: 9 }), rank('n2', { preference: 10 })], 'n2'],
    [
      'is a Ready node before a preferred one that is not',
      [rank('n1', { ready: false, preference: 9 }), rank('n2')],
      'n2',
    ],
    [
      'is somebody even if no node is Ready',
      [rank('n1', { ready: false }), rank('n2', { ready: false, preference: 1 })],
      'n2',
    ],
  ])('%s', (_, candidates, owner) => {
    expect(elect(candidates, ip('192.0.2.200'))?.node).toBe(owner);
    expect(elect(candidates.toReversed(), ip('192.0.2.200'))?.node).toBe(owner);
  });
});

test('of two nodes with one score the higher id wins, in any order', () => {
  // FNV-1a gives both ids the same hash.
  const colliding = createElection((name) => new TextEncoder().encode(name));
  const [higher, lower] = [rank('41e7637e'), rank('32e7b56f')];
  expect(colliding([higher, lower], ip('192.0.2.1'))).toBe(higher);
  expect(colliding([lower, higher], ip('192.0.2.1'))).toBe(higher);
});

const candidates = fc.uniqueArray(
  fc.record({
    node: fc.integer({ min: 1, max: 30 }).map((number) => `node-${number}`),
    ready: fc.boolean(),
    preference: fc.integer({ min: 0, max: 2 }),
  }),
  { selector: ({ node }) => node, minLength: 1, maxLength: 12 },
);

test('the order of the candidates does not matter', () => {
  fc.assert(
    fc.property(
      candidates.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))),
      fc.constantFrom(...addresses),
      ([some, shuffled], address) => {
        expect(elect(shuffled, address)).toBe(elect(some, address));
      },
    ),
  );
});

test('a node that leaves moves exactly its own addresses', () => {
  fc.assert(
    fc.property(candidates, fc.nat(), (some, index) => {
      const leaving = some[index % some.length];
      const staying = some.filter((candidate) => candidate !== leaving);
      const moved = addresses.filter((address) => elect(staying, address) !== elect(some, address));
      expect(moved).toEqual(addresses.filter((address) => elect(some, address) === leaving));
    }),
    { numRuns: 20 },
  );
});

test('addresses spread over the nodes', () => {
  const nodes = ['n1', 'n2', 'n3', 'n4'].map((name) => rank(name));
  const owned = Map.groupBy(addresses, (address) => elect(nodes, address)?.node);
  expect([...owned.values()].map((own) => own.length).filter((count) => count < 30 || count > 70)).toEqual([]);
});
