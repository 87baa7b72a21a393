import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linuxStateFile } from '#speaker/host/linux-state-file.ts';
import { maxStateOctets } from '#speaker/state/state-file.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ingot-state-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (path: string, text: string): Promise<string | undefined> =>
  new Promise((resolve) => linuxStateFile(path).write(text, resolve));

test('what was written is read, by us only, and nothing else is left', async () => {
  const path = join(root, 'run/ingot/snapshot.json');
  expect(linuxStateFile(path).read()).toEqual({ kind: 'none' });
  expect(await write(path, 'one')).toBeUndefined();
  expect(await write(path, 'two ü')).toBeUndefined();
  expect(linuxStateFile(path).read()).toEqual({ kind: 'text', text: 'two ü' });
  expect(readdirSync(join(root, 'run/ingot'))).toEqual(['snapshot.json']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, 'run/ingot')).mode & 0o777).toBe(0o700);
});

test('two processes that write at once leave one of both', async () => {
  const path = join(root, 'snapshot.json');
  const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(100_000));
  expect(await Promise.all(texts.map((text) => write(path, text)))).toEqual(texts.map(() => undefined));
  const read = linuxStateFile(path).read();
  expect(texts).toContain(read.kind === 'text' ? read.text : undefined);
  expect(readdirSync(root)).toEqual(['snapshot.json']);
});

test('what cannot be written is told, and the old one stays', async () => {
  const path = join(root, 'snapshot.json');
  await write(path, 'old');
  expect(await write(path, 'x'.repeat(maxStateOctets + 1))).toMatch(/octets are more than/);
  expect(linuxStateFile(path).read()).toEqual({ kind: 'text', text: 'old' });
  expect(await write(join(path, 'inside-a-file'), 'new')).toBe('EEXIST');
  expect(readdirSync(root)).toEqual(['snapshot.json']);
});

test('what cannot be read is told', async () => {
  expect(linuxStateFile(root).read()).toEqual({ kind: 'unreadable', reason: 'EISDIR' });
  const path = join(root, 'large');
  writeFileSync(path, '');
  truncateSync(path, maxStateOctets + 1);
  expect(linuxStateFile(path).read()).toMatchObject({ kind: 'unreadable', reason: expect.stringMatching(/octets/) });
});

test('what a process left that died while it wrote is removed after a while', () => {
  const path = join(root, 'snapshot.json');
  const [old, young] = [`${path}.7.1.0`, `${path}.7.2.0`];
  for (const left of [old, young]) writeFileSync(left, 'half');
  utimesSync(old, 1, 1);
  linuxStateFile(path).read();
  expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
});
