// The two threads under strain, and their end. The speaker runs as a process of its own on one end of a cable; the test speaks ARP on the other.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#test/lab/eventually.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { Program } from '#test/lab/process/program.ts';
import { ArpStation } from './arp-station.ts';
import { createCable, type Cable } from './cable.ts';

const killed = 128 + 9;
const folder = mkdtempSync(join(tmpdir(), 'ingot-threads-'));
const entryOf = (name: string): string => join(import.meta.dirname, 'programs', name);

let cable: Cable;
let station: ArpStation;
beforeAll(async () => {
  cable = await createCable('threads');
  await ip([`addr add 192.0.2.1/24 dev ${cable.near.name}`]);
  station = new ArpStation(cable.far, '192.0.2.9');
});
afterAll(async () => {
  station.close();
  await cable.remove();
  rmSync(folder, { recursive: true });
});

interface Line {
  readonly kind: string;
  readonly message?: string;
  readonly log?: readonly { readonly message: string }[];
}

class Speaker extends Program {
  constructor(name: string, address: string, behaviour?: string, env: NodeJS.ProcessEnv = {}) {
    super({
      name,
      command: [process.execPath, entryOf('speaker-main.ts'), address, ...(behaviour === undefined ? [] : [behaviour])],
      logPath: join(folder, `${name}.log`),
      env: { ...process.env, ...env },
    });
  }

  get lines(): readonly Line[] {
    const text = readFileSync(this.logPath, 'utf8');
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  }

  /** All log lines of both threads. */
  get logged(): readonly string[] {
    return this.lines.flatMap(({ kind, message, log }) => [
      ...(kind === 'log' && message !== undefined ? [message] : []),
      ...(log ?? []).map((line) => line.message),
    ]);
  }

  /** Waits until it answers for the address. */
  async answers(address: string): Promise<void> {
    await eventually(
      async () => {
        this.assertRunning();
        return station.ask(address, 100);
      },
      { withinMs: 15_000, what: `an answer for ${address}` },
    );
  }
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Infinity;
}

// On the cluster thread every second request would wait, a quarter of them over 25 ms. The share of 90 % leaves room for a busy machine.
test('a cluster thread that is blocked 50 of every 100 ms does not delay answers', async () => {
  const speaker = new Speaker('busy', '192.0.2.101', 'busy');
  await speaker.answers('192.0.2.101');
  const delays: number[] = [];
  for (let count = 0; count < 1000; count++) {
    const answer = await station.ask('192.0.2.101', 1000);
    delays.push(answer?.afterMs ?? Infinity);
    await sleep(1);
  }
  expect(percentile(delays, 0.9)).toBeLessThan(5);
  expect(percentile(delays, 1)).toBeLessThan(1000);
  expect(await speaker.stop()).toBe(0);
});

test('SIGTERM of a busy speaker ends it in time, and then it is silent', async () => {
  const speaker = new Speaker('term', '192.0.2.102', 'busy');
  await speaker.answers('192.0.2.102');
  const startMs = performance.now();
  expect(await speaker.stop('SIGTERM', 10_000)).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(2500);
  expect(await station.ask('192.0.2.102', 200)).toBeUndefined();
});

test('a speaker that is killed is silent', async () => {
  const speaker = new Speaker('killed', '192.0.2.103');
  await speaker.answers('192.0.2.103');
  expect(await speaker.stop('SIGKILL')).toBe(killed);
  expect(await station.ask('192.0.2.103', 200)).toBeUndefined();
});

test('requests that arrive while the speaker is stopped are not answered when it goes on; later ones are', async () => {
  const speaker = new Speaker('stopped', '192.0.2.104');
  await speaker.answers('192.0.2.104');
  speaker.kill('SIGSTOP');
  await sleep(200);
  for (let count = 0; count < 20; count++) {
    station.request('192.0.2.104');
    await sleep(90);
  }
  const wokenMs = performance.now();
  speaker.kill('SIGCONT');
  await eventually(() => speaker.logged.some((line) => line.includes('did not run for a while')), { withinMs: 3000 });
  await sleep(100);
  const late = station.repliesSince(wokenMs).filter(({ arp }) => arp.senderIp === '192.0.2.104');
  expect(late).toEqual([]);
  expect(await station.ask('192.0.2.104', 1000)).toMatchObject({ mac: cable.near.mac });
  expect(speaker.running).toBe(true);
  await speaker.stop();
});

test('an error of our own in the wire thread ends the process, with its reason', async () => {
  const speaker = new Speaker('broken', '192.0.2.108', 'break');
  expect(await speaker.ended).toBe(killed);
  const reasons = speaker.lines.flatMap(({ kind, message }) => (kind === 'fatal' ? [message] : []));
  expect(reasons).toEqual([expect.stringContaining('TypeError')]);
});

test('a wire thread that cannot even start ends the process, with its reason', async () => {
  const speaker = new Speaker('failing', '192.0.2.105', undefined, { WIRE_ENTRY: entryOf('failing-wire-main.ts') });
  expect(await speaker.ended).toBe(killed);
  expect(speaker.logged).toEqual(['the wire thread failed: ending']);
});

test.concurrent('a wire thread that hangs ends the process after 5 s', { timeout: 30_000 }, async () => {
  const startMs = performance.now();
  const speaker = new Speaker('wire-hangs', '192.0.2.106', undefined, {
    WIRE_ENTRY: entryOf('hanging-wire-main.ts'),
  });
  expect(await speaker.ended).toBe(killed);
  expect(performance.now() - startMs).toBeGreaterThan(5000);
  expect(performance.now() - startMs).toBeLessThan(15_000);
  expect(speaker.logged).toEqual(['the wire thread does not run any more: ending']);
});

test.concurrent(
  'a cluster thread that hangs ends the process after 60 s; until then the address is answered',
  { timeout: 90_000 },
  async () => {
    const speaker = new Speaker('cluster-hangs', '192.0.2.107', 'hang');
    await speaker.answers('192.0.2.107');
    const startMs = performance.now();
    await sleep(55_000);
    expect(await station.ask('192.0.2.107', 1000)).toMatchObject({ mac: cable.near.mac });
    expect(await speaker.ended).toBe(killed);
    expect(performance.now() - startMs).toBeGreaterThan(58_000);
    expect(await station.ask('192.0.2.107', 200)).toBeUndefined();
  },
);
