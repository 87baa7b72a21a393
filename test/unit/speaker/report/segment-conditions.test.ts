import { describe, expect, test } from 'vitest';
import type { Mac } from '#shared/net/mac.ts';
import {
  lanConditions,
  segmentKeyMissing,
  segmentsReady,
  statusContended,
  strictArpNeeded,
} from '#speaker/report/segment-conditions.ts';
import type { ObservedCondition, ObservedSegment, WireObserved } from '#speaker/seam.ts';
import { ip, observed, observedSegment } from '../views.ts';

const mac = '02:50:00:00:00:09' as Mac;

describe('SegmentsReady', () => {
  test.each<[string, Partial<WireObserved>, string, string]>([
    [
      'counts members',
      { segments: [observedSegment({ members: { up: 4, suspect: 1 } })] },
      'True',
      'eth0: 5 members, 1 suspect',
    ],
    [
      'says what is not as it should be',
      {
        segments: [observedSegment({ members: { up: 1, down: 2, speakerDown: 1, joining: 1, gone: 3 } })],
        problems: ['x'],
      },
      'True',
      'eth0: 1 member, 0 suspect, 1 joining, 1 without speaker, 2 down; x',
    ],
    [
      'names all LANs',
      { segments: [observedSegment({ segment: 'eth1', phase: 'noCarrier' }), observedSegment()] },
      'True',
      'eth0: 1 member, 0 suspect; eth1: no carrier',
    ],
    [
      'is not true while none is joined',
      { segments: [observedSegment({ phase: 'joining' })] },
      'False',
      'no interface can announce; eth0: listening for other speakers',
    ],
    [
      'says why there is none',
      { segments: [], interfaces: [{ name: 'eth0', mac, open: false, reason: 'it is down' }] },
      'False',
      'no interface can announce; eth0: it is down',
    ],
  ])('%s', (_, fields, status, message) => {
    expect(segmentsReady(observed(fields), true)).toMatchObject({ type: 'SegmentsReady', status, message });
  });
});

test('SegmentsReady says that nobody asked', () => {
  expect(segmentsReady(observed({ segments: [] }), false)).toMatchObject({ status: 'False', reason: 'NotAsked' });
});

const of = (fields: Partial<ObservedSegment>) => lanConditions(observed({ segments: [observedSegment(fields)] }));

test('nothing is wrong on a LAN in order', () => {
  expect(of({})).toEqual([]);
});

test.each<[ObservedCondition['condition'], string | undefined, string, RegExp]>([
  ['segmentSilent', undefined, 'SegmentSilent', /heard on eth0: let UDP port 7946/],
  ['probePathBlocked', 'n2', 'ProbePathBlocked', /let UDP pass from n2 \(eth0\)$/],
  ['kernelProbeUnanswered', 'n2', 'KernelProbeUnanswered', /arp_ignore below 8 on n2 \(eth0\)$/],
  ['moveBudgetExhausted', '192.0.2.200', 'MoveBudgetExhausted', /around 192\.0\.2\.200 \(eth0\)$/],
  ['sameLan', undefined, 'SameLan', /: eth0 is left out/],
])('%s is a condition that says what to do', (condition, about, type, message) => {
  expect(of({ conditions: [{ condition, about }] })).toEqual([
    { type, status: 'True', reason: expect.any(String), message: expect.stringMatching(message) },
  ]);
});

test('a kernel that answers for every address is a condition that says what to do', () => {
  expect(strictArpNeeded([])).toEqual([]);
  expect(strictArpNeeded(['eth0'])).toMatchObject([
    {
      type: 'StrictArpNeeded',
      message: expect.stringMatching(/on eth0 every node answers .*strictARP: true/) as string,
    },
  ]);
});

test.each([
  ['probing', 'AddressInUse', /take it out of the pool: 192\.0\.2\.200 at 02:50:00:00:00:09 \(eth0\)$/],
  ['owning', 'Conflict', /take it out of the pool: 192\.0\.2\.200 at 02:50:00:00:00:09 \(eth0\)$/],
] as const)('a foreign claim while %s is a condition', (phase, type, message) => {
  expect(of({ foreignClaims: [{ ip: ip('192.0.2.200'), mac, while: phase }] })).toEqual([
    { type, status: 'True', reason: expect.any(String), message: expect.stringMatching(message) },
  ]);
});

test('at most 20 names stand in a message, and it ends in time', () => {
  const conditions = Array.from({ length: 30 }, (_, index) => ({
    condition: 'probePathBlocked' as const,
    about: `n${index}-${'x'.repeat(40)}`,
  }));
  const [condition] = of({ conditions });
  expect(condition?.message.match(/n\d+-x/g)?.length).toBeLessThanOrEqual(20);
  expect(condition?.message.length).toBeLessThanOrEqual(1_024);
  const [short] = of({ conditions: conditions.map((one, index) => ({ ...one, about: `n${index}` })) });
  expect(short?.message).toMatch(/and 10 more$/);
});

test('one condition of a kind speaks of all LANs', () => {
  const conditions = [{ condition: 'segmentSilent', about: undefined }] as const;
  const segments = ['eth1', 'eth0'].map((segment) => observedSegment({ segment, conditions }));
  expect(lanConditions(observed({ segments })).map(({ message }) => message)).toEqual([
    expect.stringMatching(/heard on eth0, eth1: let UDP/),
  ]);
});

test('a missing key says which directory and which Secret', () => {
  expect(segmentKeyMissing('/etc/keys').message).toMatch(/\/etc\/keys\/current .* Secret ingot-segment-key/);
});

test('contended objects are named, if there are any', () => {
  expect(statusContended([])).toEqual([]);
  expect(statusContended(['l2-b', 'l2-a'])).toMatchObject([
    { type: 'StatusContended', message: 'another speaker keeps replacing l2-a, l2-b: left alone for 10 min' },
  ]);
});
