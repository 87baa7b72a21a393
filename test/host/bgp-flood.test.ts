// E7: a router that sends a million routes, which we do not want.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import { BgpSessions } from '#speaker/bgp/sessions.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { eventually } from '#test/lab/eventually.ts';
import { ip, within } from '#test/lab/network/namespace.ts';
import { peerSession } from '../unit/speaker/bgp/session-stage.ts';
import { createCable, type Cable } from './cable.ts';

const patience = { withinMs: 20_000, everyMs: 1 };
const program = join(import.meta.dirname, 'programs/flooding-router-main.ts');
const mostGrowthMb = 20;
const longestTurnMs = 100;

const quiet = (): void => {};

let cable: Cable;
let router: ChildProcess;
let sessions: BgpSessions | undefined;
beforeEach(async () => {
  cable = await createCable('flood', '192.0.2.1/24');
  await ip([`addr add 192.0.2.11/24 dev ${cable.near.name}`]);
  const [command, ...args] = within(cable.namespace ?? '', [process.execPath, program, '192.0.2.1']);
  router = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  router.stdout?.on('data', (octets: Buffer) => (said += octets.toString()));
  await eventually(() => said === 'listening\n', { ...patience, what: 'the router' });
});
afterEach(async () => {
  sessions?.stop('the test is over');
  await cable.remove();
});

/** Without what only waits to be collected. */
function usedOctets(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().rss;
}

test('is listened to without growth, without a long turn, and without missing a KEEPALIVE', async () => {
  sessions = new BgpSessions(
    { mode: 'off', port: 179 },
    {
      clock: systemClock,
      random: systemRandom,
      tcp: linuxTcp,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      interfaceOf: () => ({ globalIPv6: undefined }),
      changed: quiet,
    },
  );
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const { counters } = await eventually(() => sessions?.configure([peerSession()]) ?? sessions?.statuses[0], patience);
  const routes = (): number => counters.receivedPrefixes.get('IPv4 announced') ?? 0;
  // What every program needs to get going is no growth.
  await eventually(() => routes() > 100_000, patience);
  const before = usedOctets();
  await eventually(() => routes() === 1_000_000, { ...patience, what: 'the millionth route' });
  delay.disable();
  const growthMb = (usedOctets() - before) / 1e6;
  // Longer than the hold time of 9 s would be too long for a test: our KEEPALIVEs are seen to go out on time.
  const sentBefore = counters.sent.keepalive;
  await sleep(3_500);
  expect(counters.sent.keepalive).toBeGreaterThan(sentBefore);
  expect(sessions.statuses).toMatchObject([{ state: 'Established', lastError: undefined }]);
  expect(delay.max / 1e6).toBeLessThan(longestTurnMs);
  expect(growthMb).toBeLessThan(mostGrowthMb);
});
