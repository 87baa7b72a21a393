// Flows are counted without an event for each: compared with counting each.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Flows, type Fate } from '#test/simulation/lan/flows.ts';

const [phaseUs, everyUs, endUs] = [7_000, 20_000, 2_000_000];

interface Change {
  readonly atUs: number;
  readonly fate: Fate;
}

interface Counted {
  readonly fromUs: number;
  readonly untilUs: number;
  readonly lost: number;
}

/** Each flow and each change on its own, in the order of time; a change comes before the flow of its moment. */
function countEach(changes: readonly Change[]): readonly Counted[] {
  const outages: Counted[] = [];
  let out: { fromUs: number; lost: number } | undefined;
  let waiting: number[] = [];
  let fate: Fate = 'lost';
  const lose = (us: number): void => void (out = { fromUs: out?.fromUs ?? us, lost: (out?.lost ?? 0) + 1 });
  const deliver = (us: number): void => {
    if (out !== undefined) outages.push({ ...out, untilUs: us });
    out = undefined;
  };
  const begin = (us: number): void => {
    if (fate === 'delivered') deliver(us);
    else if (fate === 'lost') lose(us);
    else waiting.push(us);
  };
  const become = (us: number, next: Fate): void => {
    fate = next;
    if (next === 'waiting') return;
    for (const each of waiting) {
      if (next === 'lost') lose(each);
      else deliver(us);
    }
    waiting = [];
  };
  let next = phaseUs;
  for (const change of [...changes, { atUs: endUs, fate: 'lost' as const }]) {
    for (; next < change.atUs; next += everyUs) begin(next);
    become(change.atUs, change.fate);
  }
  deliver(endUs);
  return outages;
}

test('outages are those of counting each flow', () => {
  const fate = fc.constantFrom<Fate>('delivered', 'lost', 'waiting');
  const change = fc.record({ atUs: fc.integer({ min: 0, max: endUs / 1000 }).map((ms) => ms * 1000), fate });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (drawn) => {
      const changes = drawn.toSorted((a, b) => a.atUs - b.atUs);
      const outages: Counted[] = [];
      const flows = new Flows(0, phaseUs, everyUs, (outage) => void outages.push(outage));
      for (const { atUs, fate: next } of changes) flows.become(next, atUs);
      flows.finish(endUs);
      expect(outages).toEqual(countEach(changes));
      expect(flows.count).toBe((endUs - phaseUs + 7_000) / everyUs);
    }),
    { numRuns: 500 },
  );
});

test('the next flow is the first that begins then or later', () => {
  const flows = new Flows(0, phaseUs, everyUs, () => {});
  expect([0, 7_000, 7_001, 27_000].map((us) => flows.nextUs(us))).toEqual([7_000, 7_000, 27_000, 27_000]);
});
