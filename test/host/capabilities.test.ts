// What the wire thread does when it lacks a capability.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FromWire, WireObserved } from '#speaker/seam.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { attempt } from '#test/lab/process/run.ts';
import { createCable, type Cable } from './cable.ts';

let cable: Cable;
beforeAll(async () => {
  cable = await createCable('capable');
  await ip([`addr add 192.0.2.1/24 dev ${cable.near.name}`]);
});
afterAll(() => cable.remove());

/** The last that a speaker observes, as root with just these capabilities, before it is asked to end. */
async function observedWith(capabilities: string): Promise<{ readonly code: number; readonly last: WireObserved }> {
  const speaker = join(import.meta.dirname, 'programs/speaker-main.ts');
  const { code, stdout } = await attempt([
    'setpriv',
    `--bounding-set=-all${capabilities}`,
    '--',
    'timeout',
    '6',
    process.execPath,
    speaker,
    '192.0.2.100',
  ]);
  const messages = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as FromWire);
  const last = messages.findLast((message) => message.kind === 'observed');
  if (last === undefined) throw new Error('nothing was observed');
  return { code, last };
}

test('with NET_RAW and nothing else it answers', async () => {
  const { last } = await observedWith(',+net_raw');
  expect(last.problems).toEqual([]);
  expect(last.addresses).toMatchObject([
    { ip: '192.0.2.100', segments: [{ segment: cable.near.name, answering: true }] },
  ]);
});

test('without any it lives, sees the interfaces, and says what it lacks', async () => {
  const { code, last } = await observedWith('');
  // It ended because it was asked to.
  expect(code).toBe(124);
  expect(last.problems).toEqual([
    'CAP_NET_RAW is missing, so no address is announced on the LAN from this node: add NET_RAW to the capabilities of the speaker container',
  ]);
  expect(last.hostAddresses).toContain('192.0.2.1');
  expect(last.addresses).toEqual([]);
});
