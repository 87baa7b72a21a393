// One case a row of the order of claims (layer2 §5.1).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { mayMove, withMove } from '#speaker/segment/ownership/move-budget.ts';
import { isBetterClaim, type ClaimRank } from '#speaker/segment/ownership/order.ts';
import { loadCap } from '#speaker/segment/ownership/placement.ts';
import { score } from '#speaker/desired/rendezvous.ts';

const addressHash = 0x12345678;
const [low, high] = ['00000000000000aa', 'ff000000000000aa'] as [NodeId, NodeId];
const claim: ClaimRank = { owner: low, ownerHash: 1, epoch: 5, minority: false };
const isHigherScored = score(addressHash, 2) > score(addressHash, 1);

const rows: readonly (readonly [string, Partial<ClaimRank>, Partial<ClaimRank>])[] = [
  ['one of the majority, whatever the epochs', { epoch: 1 }, { epoch: 9, minority: true }],
  ['the higher epoch', { epoch: 6 }, { epoch: 5, owner: high }],
  [
    'the higher rendezvous score',
    { ownerHash: isHigherScored ? 2 : 1 },
    { ownerHash: isHigherScored ? 1 : 2, owner: high },
  ],
  ['the higher node id', { owner: high }, { owner: low }],
];

test.each(rows)('better is %s', (_, better, worse) => {
  const [a, b] = [
    { ...claim, ...better },
    { ...claim, ...worse },
  ];
  expect([isBetterClaim(a, b, addressHash), isBetterClaim(b, a, addressHash)]).toEqual([true, false]);
});

test('of two different claims exactly one is better, and the order has no circle', () => {
  const some: fc.Arbitrary<ClaimRank> = fc.record({
    owner: fc.constantFrom(low, high, '7777777777777777' as NodeId),
    ownerHash: fc.nat(3),
    epoch: fc.nat(2),
    minority: fc.boolean(),
  });
  fc.assert(
    fc.property(some, some, some, fc.nat(0xffffffff), (a, b, c, hash) => {
      const better = (x: ClaimRank, y: ClaimRank): boolean => isBetterClaim(x, y, hash);
      const isTie = a.owner === b.owner && a.epoch === b.epoch && a.minority === b.minority;
      expect(better(a, b) && better(b, a)).toBe(false);
      expect(isTie || better(a, b) || better(b, a)).toBe(true);
      expect(!better(a, b) || !better(b, c) || better(a, c)).toBe(true);
    }),
  );
});

test('an address may move three times within 180 s', () => {
  const moves = [0, 10_000, 20_000].reduce<readonly number[]>((known, atMs) => withMove(known, atMs), []);
  expect(mayMove(moves.slice(0, 2), 20_000)).toBe(true);
  expect(mayMove(moves, 20_000)).toBe(false);
  expect(mayMove(moves, 180_000)).toBe(true);
});

test.each([
  [100, 10, 11],
  [100, 9, 13],
  [1, 10, 1],
  [30, 3, 11],
  [0, 3, 0],
])('%i addresses on %i nodes: no more than %i on one, if it can be helped', (addresses, nodes, cap) => {
  expect(loadCap(addresses, nodes)).toBe(cap);
});
