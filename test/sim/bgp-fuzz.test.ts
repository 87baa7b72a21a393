// A million mutated messages through decoder and sessions: no exception, no growth, no long turn. What fails says its seed and connection.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Campaign } from '../unit/speaker/bgp/fuzz/campaign.ts';

const inputs = 250_000;
/** A quarter of a minute, on a machine that has nothing else to do. */
const timeoutMs = 300_000;
/** What every program needs to get going is no growth. */
const warmUpInputs = 25_000;
const mostGrowthOctets = 3e6;

/** Errors of each kind that a peer can make, as the RFCs number them: without one of them the messages would be too tame. */
const answers = ['1/1', '1/2', '1/3', '2/0', '2/1', '2/2', '2/3', '2/4', '2/6', '2/7', '2/11'];
const answersToUpdates = ['3/1', '3/2', '3/4', '3/5', '3/6', '3/9', '3/10', '3/11', '5/1', '5/2', '5/3', '6/1', '7/1'];

/** Without what only waits to be collected. */
function usedOctets(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What is weakly held goes with the second.
  collect();
  collect();
  const { used_heap_size: used, external_memory: outside } = getHeapStatistics();
  return used + outside;
}

test.each([1, 2, 3, 4])('seed %i', { timeout: timeoutMs }, (seed) => {
  const campaign = new Campaign(seed);
  campaign.run(warmUpInputs);
  const before = usedOctets();
  campaign.run(inputs - warmUpInputs);
  expect(usedOctets() - before).toBeLessThan(mostGrowthOctets);
  expect(campaign.inputs).toBeGreaterThanOrEqual(inputs);
  expect([...campaign.answers.keys()]).toEqual(expect.arrayContaining([...answers, ...answersToUpdates]));
  // The three outcomes that leave a session as it is.
  expect(Math.min(...Object.values(campaign.updates))).toBeGreaterThan(inputs / 100);
});
