import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  defaultExcludedInterfaces,
  followExcludedInterfaces,
  parseExcludedInterfaces,
} from '#speaker/host/excluded-interfaces.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';

describe('the file', () => {
  test.each<[string, string, readonly string[] | undefined]>([
    ['with a list', 'announcedInterfacesToExclude: ["^docker.*", "^lo$"]', ['^docker.*', '^lo$']],
    ['with other keys beside it', 'announcedInterfacesToExclude:\n- ^lo$\nother: 1', ['^lo$']],
    ['with an empty list', 'announcedInterfacesToExclude: []', []],
    ['without the key', 'other: 1', []],
    ['that is empty', '', undefined],
    ['that is no mapping', '- a', undefined],
    ['with one text instead of a list', 'announcedInterfacesToExclude: ^lo$', undefined],
    ['with a number in the list', 'announcedInterfacesToExclude: [1]', undefined],
    ['that is no YAML', '{', undefined],
  ])('%s', (_, text, expected) => {
    expect(parseExcludedInterfaces(text)).toEqual(expected);
  });
});

describe('followed', () => {
  let folder: string;
  let path: string;
  let heard: (readonly string[])[];
  let log: RecordedLog;
  let following: { stop(): void };
  const start = (): void => {
    following = followExcludedInterfaces(path, log, (patterns) => heard.push(patterns));
  };

  beforeEach(() => {
    vi.useFakeTimers();
    folder = mkdtempSync(join(tmpdir(), 'ingot-excluded-'));
    path = join(folder, 'excludel2.yaml');
    heard = [];
    log = new RecordedLog();
  });

  afterEach(() => {
    following.stop();
    vi.useRealTimers();
    rmSync(folder, { recursive: true });
  });

  test('a missing file means what MetalLB ships', () => {
    start();
    expect(heard).toEqual([defaultExcludedInterfaces]);
    expect(log.lines).toEqual([]);
  });

  test('a change is heard within 10 s, no change is not', () => {
    writeFileSync(path, 'announcedInterfacesToExclude: [a]');
    start();
    vi.advanceTimersByTime(20_000);
    writeFileSync(path, 'announcedInterfacesToExclude: [b]');
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual([['a'], ['b']]);
  });

  test('a file that breaks leaves the last list in force, and says so once', () => {
    writeFileSync(path, 'announcedInterfacesToExclude: [a]');
    start();
    writeFileSync(path, '{');
    vi.advanceTimersByTime(30_000);
    expect(heard).toEqual([['a']]);
    expect(log.lines.map(({ level }) => level)).toEqual(['error']);
  });

  test('a file that is broken from the start means what MetalLB ships', () => {
    writeFileSync(path, '{');
    start();
    expect(heard).toEqual([defaultExcludedInterfaces]);
    expect(log.lines.map(({ level }) => level)).toEqual(['error']);
  });
});
