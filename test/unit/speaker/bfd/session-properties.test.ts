import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionSettings } from '#speaker/bfd/session-state.ts';
import { detectionTimeMs, transmitIntervalMs } from '#speaker/bfd/timing.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { uniform } from '#shared/runtime/random.ts';
import { EnginePair, type Channel, type Side } from './engines.ts';

/** Below the tenth of the shortest interval that a multiplier of 1 leaves as room. */
const mostDelayMs = 4;
/** Two of the slow intervals, and what a message needs. */
const upWithinMs = 2_100;

const intervalUs = fc.integer({ min: 50, max: 2_000 }).map((ms) => ms * 1000);
const settings: fc.Arbitrary<SessionSettings> = fc.record({
  desiredMinTxUs: intervalUs,
  requiredMinRxUs: intervalUs,
  detectMultiplier: fc.integer({ min: 1, max: 5 }),
  passive: fc.constant(false),
});
const seed = fc.nat(0xffff);
const pairs = fc.tuple(settings, settings);

function late(seedOfDelays: number, isLost: (nowMs: number, from: Side) => boolean = () => false): Channel {
  const random = randomFor(seedOfDelays, 'delays');
  return (nowMs, from) => ({ lost: isLost(nowMs, from), delayMs: uniform(random, 0, mostDelayMs * 1000) / 1000 });
}

/** Both keep to what both said. */
function expectAgreement({ one, other }: EnginePair): void {
  for (const [ours, theirs] of [
    [one.state, other.state],
    [other.state, one.state],
  ] as const) {
    const transmitMs = Math.max(ours.settings.desiredMinTxUs, theirs.settings.requiredMinRxUs) / 1000;
    expect(transmitIntervalMs(ours)).toBe(transmitMs);
    expect(detectionTimeMs(theirs)).toBe(ours.settings.detectMultiplier * transmitMs);
    expect(ours.inForce).toEqual(ours.advertised);
  }
}

test('two come Up, agree, and stay so while nothing is lost', () => {
  fc.assert(
    fc.property(pairs, seed, (both, delays) => {
      const pair = new EnginePair(both, late(delays), delays);
      const slowest = Math.max(...both.map(({ desiredMinTxUs }) => desiredMinTxUs)) / 1000;
      pair.advance(Math.max(upWithinMs, slowest));
      expect(pair.states).toEqual(['up', 'up']);
      pair.advance(60_000);
      expect([pair.one.becameDown, pair.other.becameDown]).toEqual([[], []]);
      expectAgreement(pair);
    }),
  );
});

test('one that is passive comes Up with one that is not; two that are never speak', () => {
  fc.assert(
    fc.property(pairs, seed, ([one, other], delays) => {
      const pair = new EnginePair([one, { ...other, passive: true }], late(delays), delays).advance(10_000);
      expect(pair.states).toEqual(['up', 'up']);
      const silent = new EnginePair(
        [
          { ...one, passive: true },
          { ...other, passive: true },
        ],
        late(delays),
        delays,
      );
      silent.advance(10_000);
      expect([silent.states, silent.one.sentAtMs]).toEqual([['down', 'down'], []]);
    }),
    { numRuns: 30 },
  );
});

test('however much was lost, they come Up when nothing is lost any more', () => {
  fc.assert(
    fc.property(pairs, seed, fc.integer({ min: 10, max: 100 }), (both, delays, percent) => {
      const dice = randomFor(delays, 'losses');
      const pair = new EnginePair(
        both,
        late(delays, (nowMs) => nowMs < 30_000 && uniform(dice, 1, 100) <= percent),
        delays,
      );
      // A session that is Up on one side only falls first: the longest detection is 5 times 2 s.
      pair.advance(30_000 + 10_000 + 2 * upWithinMs);
      expect(pair.states).toEqual(['up', 'up']);
      const before = [pair.one, pair.other].map(({ becameDown }) => becameDown.length);
      pair.advance(30_000);
      expect([pair.one, pair.other].map(({ becameDown }) => becameDown.length)).toEqual(before);
      expectAgreement(pair);
    }),
  );
});

test('a silence is noticed after the detection time, neither before nor later', () => {
  fc.assert(
    fc.property(pairs, seed, fc.integer({ min: 15_000, max: 20_000 }), (both, delays, cutMs) => {
      const pair = new EnginePair(
        both,
        late(delays, (nowMs) => nowMs >= cutMs),
        delays,
      ).advance(cutMs);
      const detection = [pair.one, pair.other].map(({ state }) => detectionTimeMs(state));
      pair.advance(20_000);
      for (const [at, { changes, sentAtMs }] of [pair.one, pair.other].entries()) {
        const down = changes.find(({ to }) => to === 'down');
        const detectionMs = detection[at] ?? 0;
        const rival = at === 0 ? pair.other : pair.one;
        const lastHeardMs = Math.max(...rival.sentAtMs.filter((sentMs) => sentMs < cutMs));
        expect(sentAtMs.length).toBeGreaterThan(0);
        expect(down?.cause).toMatchObject({ kind: 'detectionTimeExpired' });
        expect(down?.cause.kind === 'detectionTimeExpired' && down.cause.silenceMs).toBe(detectionMs);
        expect(down?.atMs).toBeGreaterThanOrEqual(lastHeardMs + detectionMs);
        expect(down?.atMs).toBeLessThanOrEqual(cutMs + detectionMs + mostDelayMs);
      }
    }),
  );
});

test('as many packets may be lost in a row as the multiplier says, but for two', () => {
  const patient = settings.map((one) => ({ ...one, detectMultiplier: Math.max(3, one.detectMultiplier) }));
  fc.assert(
    fc.property(fc.tuple(patient, patient), seed, (both, delays) => {
      const dice = randomFor(delays, 'losses');
      const inARow = { one: 0, other: 0 };
      const lose = (nowMs: number, from: Side): boolean => {
        const most = both[from === 'one' ? 0 : 1].detectMultiplier - 2;
        const isLost = nowMs > 10_000 && inARow[from] < most && uniform(dice, 0, 1) === 1;
        inARow[from] = isLost ? inARow[from] + 1 : 0;
        return isLost;
      };
      const pair = new EnginePair(both, late(delays, lose), delays).advance(60_000);
      expect([pair.one.becameDown, pair.other.becameDown]).toEqual([[], []]);
    }),
  );
});

test('settings may change at any time, on both sides, without a fall', () => {
  const change = fc.record({
    side: fc.constantFrom<Side>('one', 'other'),
    settings,
    afterMs: fc.integer({ min: 0, max: 3_000 }),
  });
  fc.assert(
    fc.property(pairs, seed, fc.array(change, { maxLength: 12 }), (both, delays, changes) => {
      const pair = new EnginePair(both, late(delays), delays).advance(10_000);
      for (const { side, settings: wanted, afterMs } of changes) {
        pair[side].do({ kind: 'configure', settings: wanted });
        pair.advance(afterMs);
      }
      pair.advance(30_000);
      expect([pair.one.becameDown, pair.other.becameDown, pair.states]).toEqual([[], [], ['up', 'up']]);
      expectAgreement(pair);
    }),
  );
});

test('whoever leaves is no failure', () => {
  fc.assert(
    fc.property(pairs, seed, (both, delays) => {
      const pair = new EnginePair(both, late(delays), delays).advance(10_000);
      pair.one.do({ kind: 'leave' });
      pair.advance(30_000);
      expect(pair.states).toEqual(['adminDown', 'down']);
      expect(pair.other.changes.filter(({ to }) => to === 'down').map(({ cause }) => cause.kind)).toEqual([
        'neighborAdminDown',
      ]);
    }),
    { numRuns: 30 },
  );
});

test('nobody sends more often than both agreed', () => {
  fc.assert(
    fc.property(pairs, seed, (both, delays) => {
      const pair = new EnginePair(both, late(delays), delays).advance(10_000);
      const count = pair.one.sentAtMs.length;
      pair.advance(30_000);
      const gaps = pair.one.sentAtMs.slice(count).map((atMs, at) => atMs - (pair.one.sentAtMs[count + at - 1] ?? 0));
      const intervalMs = transmitIntervalMs(pair.one.state);
      const longest = both[0].detectMultiplier === 1 ? 0.9 : 1;
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.75 * intervalMs - 0.01);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(longest * intervalMs + 0.01);
      expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(0.02 * intervalMs);
    }),
  );
});
