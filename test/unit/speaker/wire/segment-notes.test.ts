import { expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { MemberLife, OwnerCause } from '#speaker/segment/effect.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { SegmentNotes } from '#speaker/wire/segment-notes.ts';
import { Tally } from '#speaker/wire/tally.ts';

const vip = '192.0.2.100' as Ip;
const stranger = '02:50:00:00:00:66' as Mac;
const n2 = '0000000000000002' as NodeId;
const n3 = '0000000000000003' as NodeId;

function noting() {
  const tally = new Tally();
  const notes = new SegmentNotes(tally);
  const note = (effect: Parameters<SegmentNotes['note']>[0], nowMs = 0): void => notes.note(effect, 'eth0', nowMs);
  const becomes = (id: NodeId, to: MemberLife, cause?: OwnerCause): void =>
    note({ kind: 'memberChanged', id, to, ...(cause === undefined ? {} : { cause }) });
  const total = (name: string, labels: Readonly<Record<string, string>>): number =>
    tally.counters.find((one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(labels))?.total ??
    0;
  return { tally, notes, note, becomes, total };
}

const never = (): boolean => false;

test('a condition stands until it is taken back, for each that it is about', () => {
  const { notes, note } = noting();
  note({ kind: 'condition', condition: 'segmentSilent', holds: true, about: undefined });
  note({ kind: 'condition', condition: 'kernelProbeUnanswered', holds: true, about: n2 });
  note({ kind: 'condition', condition: 'kernelProbeUnanswered', holds: true, about: n3 });
  note({ kind: 'condition', condition: 'kernelProbeUnanswered', holds: false, about: n2 });
  expect(notes.conditions).toEqual([
    { condition: 'segmentSilent', about: undefined },
    { condition: 'kernelProbeUnanswered', about: n3 },
  ]);
});

test('a foreign claim while owning is told for a minute after it was last heard', () => {
  const { notes, note, total } = noting();
  const claim = { ip: vip, mac: stranger, while: 'owning' as const };
  note({ kind: 'foreignClaim', ...claim }, 0);
  note({ kind: 'foreignClaim', ...claim }, 50_000);
  expect(notes.foreignClaims(110_000, never)).toEqual([claim]);
  expect(notes.foreignClaims(110_001, never)).toEqual([]);
  expect(total('ingot_address_conflicts_total', { kind: 'owning' })).toBe(2);
});

test('a foreign claim while probing is told for as long as the address is blocked', () => {
  const { notes, note } = noting();
  const claim = { ip: vip, mac: stranger, while: 'probing' as const };
  note({ kind: 'foreignClaim', ...claim }, 0);
  expect(notes.foreignClaims(600_000, (ip) => ip === vip)).toEqual([claim]);
  expect(notes.foreignClaims(600_000, never)).toEqual([]);
  expect(notes.foreignClaims(600_000, () => true)).toEqual([]);
});

test('what becomes of a suspicion is counted by its outcome', () => {
  const { becomes, total } = noting();
  becomes(n2, 'up');
  becomes(n2, 'suspect');
  becomes(n2, 'up');
  becomes(n2, 'suspect');
  becomes(n2, 'down', 'deaf');
  becomes(n3, 'down');
  expect(total('ingot_segment_suspicions_total', { segment: 'eth0', outcome: 'up' })).toBe(1);
  expect(total('ingot_segment_suspicions_total', { segment: 'eth0', outcome: 'down' })).toBe(1);
  expect(total('ingot_segment_failovers_total', { cause: 'deaf' })).toBe(1);
  expect(total('ingot_segment_failovers_total', { cause: 'silent' })).toBe(1);
});

test('who is gone and comes back was never suspected', () => {
  const { becomes, total } = noting();
  becomes(n2, 'suspect');
  becomes(n2, 'gone');
  becomes(n2, 'up');
  expect(total('ingot_segment_suspicions_total', { segment: 'eth0', outcome: 'gone' })).toBe(1);
  expect(total('ingot_segment_suspicions_total', { segment: 'eth0', outcome: 'up' })).toBe(0);
});

test('moves are counted where addresses arrive, by their cause', () => {
  const { note, total, tally } = noting();
  note({ kind: 'ownerChanged', ip: vip, owns: true, cause: 'silent' });
  note({ kind: 'ownerChanged', ip: vip, owns: false, cause: 'drain' });
  expect(total('ingot_address_moves_total', { cause: 'silent' })).toBe(1);
  expect(tally.counters).toHaveLength(1);
});

test('who says HELLO and is no Node of the cluster is counted', () => {
  const { note, total } = noting();
  note({ kind: 'unknownNode', name: 'n9' });
  expect(total('ingot_segment_dropped_total', { reason: 'unknownNode' })).toBe(1);
});

test('the time from the suspicion to the address is summed up, and counted in its buckets', () => {
  const { note, total } = noting();
  note({ kind: 'memberChanged', id: n2, to: 'suspect' }, 1000);
  note({ kind: 'memberChanged', id: n2, to: 'down', cause: 'silent' }, 1155);
  note({ kind: 'ownerChanged', ip: vip, owns: true, cause: 'silent' }, 1255);
  expect(total('ingot_failover_seconds_count', {})).toBe(1);
  expect(total('ingot_failover_seconds_sum', {})).toBeCloseTo(0.255);
  const buckets = ['0.25', '0.5', '5', '+Inf'].map((le) => total('ingot_failover_seconds_bucket', { le }));
  expect(buckets).toEqual([0, 1, 1, 1]);
});
