import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RunMarks } from '#test/leftovers.ts';

test('a process and a file that a run leaves behind are named, those of another run are not', async () => {
  const [marks, other] = [new RunMarks(), new RunMarks()];
  const child = spawn('sleep', ['60'], { env: marks.env, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill();
    marks.remove();
    other.remove();
  });
  await once(child, 'spawn');
  writeFileSync(join(marks.directory, 'forgotten'), '');
  expect(marks.leftBehind()).toEqual([`process ${child.pid}: sleep 60 `, `${marks.directory}/forgotten`]);
  expect(other.leftBehind()).toEqual([]);
  child.kill();
  await once(child, 'exit');
  expect(marks.leftBehind()).toEqual([`${marks.directory}/forgotten`]);
});
