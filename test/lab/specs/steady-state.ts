// What speakers say while nothing happens.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { segmentFramesFrom, watchLan } from '../capture/lan-watch.ts';
import type { ClusterNode } from '../cluster-node.ts';
import { auditLogPath } from '../control-plane/apiserver.ts';
import { eventually } from '../eventually.ts';
import type { Lab } from '../lab.ts';
import { metricsPort } from '../programs/speaker.ts';
import { metricOf } from './seen.ts';
import { serve } from './serve.ts';

const packetsPerSecond = 100;
const meetWithinMs = 15_000;

/** The same with any number of nodes. */
export function keepsQuiet(lab: () => Lab): void {
  test('in steady state a node sends at most 100 packets a second to other speakers, and no speaker asks the apiserver', async () => {
    const seconds = 10;
    await serve(lab());
    await everybodyHearsEverybody(lab());
    // What has just begun is told first, and a state at most each 10 s.
    await eventually(() => speakersKeepQuiet(lab(), 11), { withinMs: 40_000, what: 'Speakers that ask nothing' });
    await watchLan();
    expect(await speakersKeepQuiet(lab(), seconds)).toBe(true);
    for (const { addresses } of lab().nodes) {
      const frames = await segmentFramesFrom(addresses.mac);
      expect(frames).toBeGreaterThan(seconds);
      expect(frames).toBeLessThanOrEqual(packetsPerSecond * seconds);
    }
  }, 90_000);
}

export async function everybodyHearsEverybody({ nodes }: Lab): Promise<void> {
  const members = (): Promise<readonly number[]> => Promise.all(nodes.map((node) => membersOf(node)));
  await expect.poll(members, { timeout: meetWithinMs }).toEqual(nodes.map(() => nodes.length));
}

/** The members of its segment that are up as a node sees them, itself among them. */
export function membersOf(node: ClusterNode): Promise<number> {
  return speakerMetric(node, 'ingot_segment_members', { segment: 'eth0', state: 'up' });
}

export function speakerMetric(
  { addresses }: ClusterNode,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const url = `http://${addresses.management}:${metricsPort}/metrics`;
  return metricOf(url, name, labels).then((value) => value ?? 0);
}

/** Whether no speaker finishes a request to the apiserver in so many seconds. */
async function speakersKeepQuiet(lab: Lab, seconds: number): Promise<boolean> {
  const before = requestsOfSpeakers(lab).length;
  await sleep(seconds * 1_000);
  return requestsOfSpeakers(lab).length === before;
}

/** As the audit log has them. */
function requestsOfSpeakers({ controlPlane }: Lab): readonly string[] {
  const lines = readFileSync(auditLogPath(controlPlane.directory), 'utf8').split('\n');
  return lines.filter((line) => line.includes('"username":"system:serviceaccount:metallb-system:speaker"'));
}
