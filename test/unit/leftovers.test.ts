import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunMarks } from '#test/leftovers.ts';

test('a process and a file that a run leaves behind are named, those of another run are not', async () => {
  const [marks, other] = [new RunMarks(), new RunMarks()];
  const child = spawn('cat', { env: marks.env, stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => {
    child.kill();
    marks.remove();
    other.remove();
  });
  // Only once it runs does the kernel show its environment.
  child.stdin.write('running');
  await once(child.stdout, 'data');
  writeFileSync(join(marks.directory, 'forgotten'), '');
  expect(marks.leftBehind()).toEqual([`process ${child.pid}: cat `, `${marks.directory}/forgotten`]);
  expect(other.leftBehind()).toEqual([]);
  child.kill();
  await once(child, 'exit');
  expect(marks.leftBehind()).toEqual([`${marks.directory}/forgotten`]);
});
