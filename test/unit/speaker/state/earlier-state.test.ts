import { beforeEach, describe, expect, test } from 'vitest';
import { readEarlierState, type EarlierState } from '#speaker/state/earlier-state.ts';
import { encodeState, type SavedCluster, type SavedState } from '#speaker/state/saved-state.ts';
import type { StateRead } from '#speaker/state/state-file.ts';
import { wireOptions } from '#speaker/wire-options.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { ip, nodeId, sha256 } from '../views.ts';

const wallMs = Date.UTC(2026, 9, 20);
const identity = { node: 'n1', wallMs };
const cluster: SavedCluster = {
  services: [],
  endpointSlices: [],
  nodes: undefined,
  ownNode: undefined,
  pods: undefined,
  pools: [],
  l2Advertisements: [],
  bgp: undefined,
};
const saved: SavedState = {
  cluster,
  segments: [
    { interface: 'eth0', roster: [nodeId('n2')], addresses: [{ ip: ip('192.0.2.200'), epoch: 3, minority: false }] },
  ],
  incarnation: wallMs - 60_000,
};

let log: RecordedLog;
beforeEach(() => {
  log = new RecordedLog();
});

const read = (state: StateRead): EarlierState =>
  readEarlierState({ read: () => state, write: () => {} }, identity, { sha256, log });
const textOf = (fields: Partial<SavedState> = {}): StateRead => ({
  kind: 'text',
  text: encodeState({ ...saved, ...fields }, identity, sha256),
});

test('a new process goes on with what was written down, under a higher incarnation', () => {
  expect(read(textOf())).toEqual({ cluster, segments: saved.segments, incarnation: wallMs });
});

test('the incarnation rises even if the clock was set back', () => {
  expect(read(textOf({ incarnation: wallMs + 5_000 })).incarnation).toBe(wallMs + 5_001);
});

describe('there is nothing to go on with', () => {
  test.each<[string, StateRead, string | undefined]>([
    ['without a file', { kind: 'none' }, undefined],
    ['when it cannot be read', { kind: 'unreadable', reason: 'EACCES' }, 'EACCES'],
    ['when it is something else', { kind: 'text', text: 'x' }, 'it is no state of a speaker'],
    [
      'when it is a day old',
      { kind: 'text', text: encodeState(saved, { node: 'n1', wallMs: wallMs - 86_400_000 }, sha256) },
      'it is older than a day',
    ],
    [
      'when another node wrote it',
      { kind: 'text', text: encodeState(saved, { node: 'n2', wallMs }, sha256) },
      'it is of node "n2"',
    ],
  ])('%s', (_, state, problem) => {
    expect(read(state)).toEqual({ cluster: undefined, segments: [], incarnation: wallMs });
    expect(log.lines.map(({ fields }) => fields['problem'])).toEqual([problem]);
  });
});

test('the wire thread starts with its half', () => {
  const options = { nodeName: 'n1', l2Profile: 'fast', segmentPort: 7946 } as const;
  expect(wireOptions(options, read(textOf()), sha256)).toEqual({
    node: { id: nodeId('n1'), name: 'n1' },
    incarnation: wallMs,
    profile: 'fast',
    port: 7946,
    saved: saved.segments,
  });
});
