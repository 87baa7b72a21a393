// What the processes of a network namespace cost, as the kernel counts it.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesIn } from '#test/lab/network/namespace.ts';

const idleMs = 400;
/** Of that time: timers and the like go on for ever. */
const idleShare = 0.02;
const idleWithinMs = 120_000;

/** Of all threads that are there. */
export async function cpuSecondsIn(namespace: string): Promise<number> {
  let nanoseconds = 0;
  for (const pid of await processesIn(namespace)) {
    for (const thread of foldersIn(`/proc/${pid}/task`)) {
      nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0);
    }
  }
  return nanoseconds / 1e9;
}

/** Resident memory of all together. */
export async function residentMbIn(namespace: string): Promise<number> {
  let kilobytes = 0;
  for (const pid of await processesIn(namespace)) {
    kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

/** Until they have done what they were asked to. */
export async function untilIdle(namespace: string): Promise<void> {
  const deadlineMs = performance.now() + idleWithinMs;
  for (let before = await cpuSecondsIn(namespace); ;) {
    await sleep(idleMs);
    const now = await cpuSecondsIn(namespace);
    if (now - before < (idleMs / 1000) * idleShare) return;
    if (performance.now() > deadlineMs) throw new Error(`the processes in ${namespace} do not come to rest`);
    before = now;
  }
}

/** Empty when the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
