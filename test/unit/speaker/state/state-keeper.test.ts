import { beforeEach, describe, expect, test } from 'vitest';
import type { SavedSegment } from '#speaker/seam.ts';
import { decodeState, type SavedState } from '#speaker/state/saved-state.ts';
import { segmentsToSave, StateKeeper } from '#speaker/state/state-keeper.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { ip, nodeId, observed, observedAddress, observedSegment, sha256 } from '../views.ts';

const roster = [nodeId('n2')];
const before: readonly SavedSegment[] = [
  { interface: 'eth0', roster, addresses: [{ ip: ip('192.0.2.200'), epoch: 3, minority: false }] },
];

describe('of a LAN is written down', () => {
  const joined = { segments: [observedSegment({ roster })], addresses: [observedAddress('192.0.2.201', ['eth0'])] };
  const now: SavedSegment = {
    interface: 'eth0',
    roster,
    addresses: [{ ip: ip('192.0.2.201'), epoch: 1, minority: false }],
  };

  test('who is expected there and what this node owns', () => {
    expect(segmentsToSave(joined, before)).toEqual([now]);
  });

  test('that nothing is owned', () => {
    expect(segmentsToSave({ ...joined, addresses: [] }, before)).toEqual([{ ...now, addresses: [] }]);
  });

  test.each(['waiting', 'joining', 'shadow'] as const)('nothing new while it is %s', (phase) => {
    expect(segmentsToSave({ segments: [observedSegment({ phase })], addresses: [] }, before)).toEqual(before);
  });

  test('nothing new when it is gone', () => {
    expect(segmentsToSave({ segments: [], addresses: [] }, before)).toEqual(before);
  });
});

describe('the file', () => {
  let clock: VirtualClock;
  let written: string[];
  let keeper: StateKeeper;

  beforeEach(() => {
    clock = new VirtualClock();
    written = [];
    const earlier = { cluster: undefined, segments: before, incarnation: 17 };
    const stateFile = {
      read: () => ({ kind: 'none' }) as const,
      write(text: string, done: (failure: string | undefined) => void) {
        written.push(text);
        done(undefined);
      },
    };
    const none = { services: undefined, endpointSlices: undefined, nodes: undefined, ownNode: undefined };
    keeper = new StateKeeper({ node: 'n1', earlier }, { clock, log: new RecordedLog(), stateFile, sha256 }, () => ({
      ...none,
      pods: undefined,
      pools: [],
      l2Advertisements: undefined,
      bgp: undefined,
    }));
  });

  const last = (): SavedState | undefined => {
    const decoded = decodeState(written.at(-1) ?? '', { node: 'n1', wallMs: clock.wallMs() }, sha256);
    return 'state' in decoded ? decoded.state : undefined;
  };

  test('holds the cluster, what an earlier process owned, and the own incarnation', () => {
    keeper.clusterChanged();
    clock.advance(1);
    expect(last()).toEqual({ cluster: { pools: [] }, segments: before, incarnation: 17 });
  });

  test('is written when ownership changes, at most each 5 s, and not while it stays', () => {
    keeper.observed(observed({ segments: [] }));
    clock.advance(10_000);
    expect(written).toEqual([]);
    for (const last8 of [1, 2, 3]) {
      keeper.observed(observed({ addresses: [observedAddress(`192.0.2.${last8}`, ['eth0'])] }));
      clock.advance(1_000);
    }
    clock.advance(10_000);
    expect(written).toHaveLength(2);
    expect(last()?.segments).toMatchObject([{ addresses: [{ ip: '192.0.2.3', epoch: 1 }] }]);
  });

  test('is written at the start, and each hour as long as nothing changes', () => {
    keeper.start();
    clock.advance(1);
    expect(last()?.incarnation).toBe(17);
    clock.advance(25 * 3_600_000);
    expect(written).toHaveLength(26);
  });

  test('is not written any more when another process has taken over', () => {
    keeper.start();
    keeper.stop();
    keeper.clusterChanged();
    clock.advance(10_000_000);
    expect(written).toEqual([]);
  });
});
