// One case a row of the verdict table (layer2 §3.5).
import { describe, expect, test } from 'vitest';
import { hasQuorum, tally, type HeardVote } from '#speaker/segment/watch/votes.ts';
import { votesNeeded } from '#speaker/segment/watch/quorum.ts';
import { verdict, type RoundEvidence, type Verdict } from '#speaker/segment/watch/verdict.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';

/** Nothing at all was seen of it, by anybody, and all that must be sure is. */
const nothing: RoundEvidence = {
  deaf: false,
  beat: false,
  speaker: false,
  kernel: false,
  holdOver: false,
  controls: 5,
  silenceProven: true,
  quorum: true,
  guard: true,
};

const rows: readonly (readonly [string, Partial<RoundEvidence>, Verdict])[] = [
  ['a beat', { beat: true }, 'up'],
  ['an answer of its speaker', { speaker: true }, 'up'],
  ['an answer of its kernel alone', { kernel: true }, 'speakerDown'],
  ['an answer of its kernel, its speaker away for too long', { kernel: true, holdOver: true }, 'speakerLost'],
  ['the same without a quorum', { kernel: true, holdOver: true, quorum: false }, 'speakerDown'],
  ['one control answer', { controls: 1 }, 'void'],
  ['two control answers', { controls: 2 }, 'down'],
  ['nobody to ask as a control', { controls: undefined }, 'down'],
  ['nothing, of a mute kernel that has not been silent for long', { silenceProven: false }, 'unsure'],
  ['nothing, without a quorum', { quorum: false }, 'unsure'],
  ['nothing, cut off', { guard: false }, 'isolated'],
  ['nothing', {}, 'down'],
  ['a beat of one that seems deaf', { deaf: true, beat: true }, 'down'],
  ['an answer of the kernel of one that seems deaf', { deaf: true, beat: true, kernel: true }, 'up'],
  ['one control answer about one that seems deaf', { deaf: true, beat: true, controls: 1 }, 'void'],
];

test.each(rows)('%s', (_, evidence, expected) => {
  expect(verdict({ ...nothing, ...evidence })).toBe(expected);
});

test.each([
  [0, 0],
  [1, 1],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
])('of %i other watchers %i must have voted silence', (others, needed) => {
  expect(votesNeeded(others)).toBe(needed);
});

test('a watcher decides alone only after four rounds in which too few voted', () => {
  expect(hasQuorum(4, 1, 1, 3)).toBe(false);
  expect(hasQuorum(4, 1, 1, 4)).toBe(true);
  expect(hasQuorum(4, 1, 3, 4)).toBe(false);
  expect(hasQuorum(4, 2, 2, 1)).toBe(true);
  expect(hasQuorum(0, 0, 0, 1)).toBe(true);
});

describe('a vote', () => {
  const voter = 'aaaaaaaaaaaaaaaa' as NodeId;
  const about = 'bbbbbbbbbbbbbbbb' as NodeId;
  const round = { startMs: 1_000, nowMs: 1_155, suspicionMs: 350, deaf: false, awaySinceMs: undefined };
  type Ages = readonly [beat: number | undefined, kernel: number | undefined, speaker: number | undefined];

  function heard([beatAgeMs, kernelAgeMs, speakerAgeMs]: Ages, atMs = 1_130): ReadonlyMap<NodeId, HeardVote> {
    const vote = { kind: 'vote', query: 1, about, beatAgeMs, kernelAgeMs, speakerAgeMs } as const;
    return new Map([[voter, { atMs, vote }]]);
  }

  test('of an old beat is one of silence', () => {
    expect(tally(heard([350, undefined, undefined]), round)).toMatchObject({ silent: [voter], beat: false });
  });

  test('of a young beat is a sign of life', () => {
    expect(tally(heard([300, undefined, undefined]), round)).toMatchObject({ silent: [], beat: true });
  });

  test('of a beat that has grown old meanwhile is neither', () => {
    expect(tally(heard([300, undefined, undefined], 1_001), round)).toMatchObject({ silent: [], beat: false });
  });

  test('of a young beat from before a farewell is none', () => {
    const seen = tally(heard([100, undefined, undefined]), { ...round, awaySinceMs: 1_025 });
    expect(seen.beat).toBe(false);
  });

  test('of a kernel that answered in this round is not one of silence, but its speaker is', () => {
    const seen = tally(heard([350, 100, undefined]), round);
    expect(seen).toMatchObject({ silent: [], speakerless: [voter], kernel: true });
  });

  test('of a kernel that answered before this round says nothing for it', () => {
    expect(tally(heard([350, 200, undefined]), round)).toMatchObject({ silent: [voter], kernel: false });
  });

  test('of a speaker that answers is a sign of life', () => {
    expect(tally(heard([350, 20, 20]), round)).toMatchObject({ silent: [], speakerless: [], speaker: true });
  });

  test('about one that seems deaf does not look at its beats', () => {
    expect(tally(heard([10, undefined, undefined]), { ...round, deaf: true })).toMatchObject({ silent: [voter] });
  });
});
