import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import { followSegmentKeys } from '#speaker/host/segment-key-files.ts';

let root = '';
let version = 0;
beforeEach(() => {
  vi.useFakeTimers();
  root = mkdtempSync(join(tmpdir(), 'ingot-keys-'));
  symlinkSync('..data/current', join(root, 'current'));
  symlinkSync('..data/previous', join(root, 'previous'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true });
});

/** As the kubelet does it: a new directory, and the link to it exchanged. */
function mount(files: Readonly<Record<string, string>>): void {
  const name = `..${++version}`;
  mkdirSync(join(root, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, name, file), text);
  symlinkSync(name, join(root, '..new'));
  renameSync(join(root, '..new'), join(root, '..data'));
}

const [a, b] = ['a'.repeat(32), 'b'.repeat(32)];

/** The ids of the keys in force, each time they change, and the problems that were logged. */
function following() {
  const changes: string[] = [];
  const problems: unknown[] = [];
  const names = new Map(
    [a, b].map((secret) => [opensslSegmentCrypto.sha256(Buffer.from(secret)).subarray(0, 2).join(), secret[0]]),
  );
  const nameOf = (id: number | undefined): string =>
    id === undefined ? '-' : (names.get([id >> 8, id & 255].join()) ?? '?');
  const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void problems.push(fields) };
  const followed = followSegmentKeys(root, { crypto: opensslSegmentCrypto, log }, (keys) =>
    changes.push(keys === undefined ? 'none' : nameOf(keys.current.id) + nameOf(keys.previous?.id)),
  );
  return { changes, problems, stop: () => followed.stop() };
}

const nextRead = (): void => void vi.advanceTimersByTime(10_000);

test('a key is changed in three steps, each seen within 10 s', () => {
  mount({ current: a });
  const { changes, problems, stop } = following();
  for (const files of [{ current: a, previous: b }, { current: b, previous: a }, { current: b }]) {
    mount(files);
    nextRead();
    nextRead();
  }
  expect([changes, problems]).toEqual([['a-', 'ab', 'ba', 'b-'], []]);
  stop();
  mount({ current: a });
  nextRead();
  expect(changes).toHaveLength(4);
});

test('without a key there is none until there is one', () => {
  const { changes, problems, stop } = following();
  nextRead();
  expect([changes, problems.length]).toEqual([['none'], 1]);
  mount({ current: 'too short' });
  nextRead();
  expect([changes, problems.length]).toEqual([['none'], 2]);
  mount({ current: a });
  nextRead();
  expect(changes).toEqual(['none', 'a-']);
  stop();
});

test('what goes away or becomes bad leaves the last good keys in force, and is said once', () => {
  mount({ current: a });
  const { changes, problems, stop } = following();
  for (const files of [{}, { current: '' }, { previous: b }]) {
    mount(files);
    nextRead();
    nextRead();
  }
  expect([changes, problems.length]).toEqual([['a-'], 3]);
  mount({ current: a, previous: 'short' });
  nextRead();
  expect([changes.at(-1), problems.length]).toEqual(['a-', 4]);
  expect(JSON.stringify(problems)).not.toContain(a);
  stop();
});
