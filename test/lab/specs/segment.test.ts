// What speakers tell each other on the LAN, and what strangers cannot make them believe.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Mac } from '#shared/net/mac.ts';
import { LanCapture } from '../capture/lan-capture.ts';
import { watchLan } from '../capture/lan-watch.ts';
import { forged, payloadOf, sendFrames } from '../faults/forged.ts';
import { client } from '../network/addresses.ts';
import { clientNamespace } from '../network/client.ts';
import { writeSegmentKey } from '../programs/segment-key.ts';
import { segmentPort } from '../programs/speaker.ts';
import { claimants } from './seen.ts';
import { claiming, serve } from './serve.ts';
import { everybodyHearsEverybody, keepsQuiet, membersOf, speakerMetric } from './steady-state.ts';
import { useLab } from './use-lab.ts';

const timeout = 15_000;
const lab = useLab({ controllers: 1 });

keepsQuiet(lab);

/** The datagrams that all nodes have dropped for this reason. */
async function droppedFor(reason: string): Promise<number> {
  const counts = lab().nodes.map((node) => speakerMetric(node, 'ingot_segment_dropped_total', { reason }));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

test('a speaker with another key is no member, takes nothing, and is counted', async () => {
  const { address, owner } = await serve(lab());
  const stranger = lab().nodes.find((node) => node !== owner);
  const other = lab().nodes.find((node) => node !== owner && node !== stranger);
  if (stranger === undefined || other === undefined) throw new Error('three nodes are needed');
  await everybodyHearsEverybody(lab());
  await stranger.speaker?.stop('SIGKILL');
  const keys = join(lab().logDirectory, '../other-key');
  writeSegmentKey(keys);
  await stranger.startSpeaker(keys);
  onTestFinished(async () => {
    await stranger.speaker?.stop('SIGKILL');
    await stranger.startSpeaker();
  });
  await expect.poll(() => membersOf(owner), { timeout }).toBe(2);
  await expect
    .poll(() => speakerMetric(owner, 'ingot_segment_dropped_total', { reason: 'key' }), { timeout })
    .toBeGreaterThan(0);
  await watchLan();
  await expect.poll(() => stranger.speakerReadiness(), { timeout }).toBe('ok\n');
  await sleep(5_000);
  expect(await membersOf(stranger)).toBe(1);
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
});

test('datagrams that were sent again, cut, lengthened or changed are counted and change nothing', async () => {
  const { address, owner } = await serve(lab());
  await everybodyHearsEverybody(lab());
  const capture = await LanCapture.start(join(lab().logDirectory, 'segment.pcap'), 'all');
  await sleep(1_000);
  const overheard = (await capture.stop()).flatMap(({ frame }) => {
    const payload = payloadOf(frame, segmentPort);
    return payload === undefined ? [] : [{ frame, payload }];
  });
  expect(overheard.length).toBeGreaterThan(20);
  const some = overheard.slice(0, 20);
  await watchLan();
  for (const { reason, change } of forgeries) {
    const before = await droppedFor(reason);
    const frames = some.map(({ frame, payload }) => forged(frame, change(payload), client.mac as Mac));
    await sendFrames(clientNamespace, frames);
    await expect
      .poll(() => droppedFor(reason), { timeout, message: reason })
      .toBeGreaterThanOrEqual(before + some.length);
  }
  for (const node of lab().nodes) expect(await membersOf(node)).toBe(lab().nodes.length);
  expect((await claiming(address)).filter((mac) => mac !== owner.addresses.mac)).toEqual([]);
  expect(await claimants(lab().client, address)).toEqual([owner.addresses.mac]);
});

const longest = 1_200;
const keyIdOffset = 6;
const forgeries: readonly { readonly reason: string; readonly change: (payload: Uint8Array) => Uint8Array }[] = [
  { reason: 'replay', change: (payload) => payload },
  { reason: 'malformed', change: (payload) => payload.subarray(0, 20) },
  { reason: 'tag', change: (payload) => payload.subarray(0, -1) },
  { reason: 'malformed', change: (payload) => Buffer.concat([payload, Buffer.alloc(longest)]) },
  { reason: 'tag', change: (payload) => withOctet(payload, payload.length - 1) },
  { reason: 'key', change: (payload) => withOctet(payload, keyIdOffset) },
];

/** One octet is another. */
function withOctet(payload: Uint8Array, index: number): Uint8Array {
  return payload.map((octet, at) => (at === index ? octet ^ 0xff : octet));
}
