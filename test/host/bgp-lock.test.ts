// The lock of BGP between programs of one node, on the real kernel.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import type { Cancel } from '#shared/runtime/clock.ts';
import { linuxNodeLock } from '#speaker/host/linux-node-lock.ts';
import { eventually } from '#test/lab/eventually.ts';
import { createNamespace, deleteNamespace, within } from '#test/lab/network/namespace.ts';

const patience = { withinMs: 10_000, everyMs: 10 };
const program = join(import.meta.dirname, 'programs/node-lock-main.ts');

let locks: Cancel[] = [];
afterEach(() => {
  for (const release of locks) release();
  locks = [];
});

function take(): { readonly release: Cancel; readonly isTaken: () => boolean } {
  let isTaken = false;
  const release = linuxNodeLock.take(() => (isTaken = true));
  locks.push(release);
  return { release, isTaken: () => isTaken };
}

/** In a process of its own; resolves when it has the lock. */
async function takeElsewhere(namespace?: string): Promise<ChildProcess> {
  const command = [process.execPath, program];
  const [name = '', ...args] = namespace === undefined ? command : within(namespace, command);
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout?.on('data', (octets: Buffer) => (said += octets.toString()));
  await eventually(() => said === 'taken\n', { ...patience, what: 'the lock' });
  return child;
}

test('one program has it, and the next when that gives it back', async () => {
  const [first, second] = [take(), take()];
  expect(first.isTaken()).toBe(false);
  await eventually(first.isTaken, patience);
  await sleep(300);
  expect(second.isTaken()).toBe(false);
  first.release();
  await eventually(second.isTaken, patience);
});

test('who does not wait any more never gets it', async () => {
  const [first, second] = [take(), take()];
  await eventually(first.isTaken, patience);
  second.release();
  first.release();
  await sleep(300);
  expect(second.isTaken()).toBe(false);
  const third = take();
  await eventually(third.isTaken, patience);
});

test('a program that is killed has lost it', async () => {
  const child = await takeElsewhere();
  const here = take();
  try {
    await sleep(300);
    expect(here.isTaken()).toBe(false);
  } finally {
    child.kill('SIGKILL');
  }
  await eventually(here.isTaken, patience);
});

test('each node has its own', async () => {
  await createNamespace('lock', 'host');
  try {
    await takeElsewhere('lock');
    expect(await eventually(take().isTaken, patience)).toBe(true);
  } finally {
    // What lives there is killed.
    await deleteNamespace('lock');
  }
});
