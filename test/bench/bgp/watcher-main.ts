// Ingot's BFD as a process: the speaker's wire thread, which watches one router, and the cluster thread, which hears of it and may be blocked.
import { pino } from 'pino';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import { wireEntry } from '#speaker/host/wire-entry.ts';
import { startWireThread } from '#speaker/host/wire-thread.ts';
import type { ObservedBfd } from '#speaker/seam.ts';
import { surroundingsOf, wireOptionsOf } from '#test/wire-input.ts';
import { machineMs } from './machine-time.ts';
import { addresses } from './plan.ts';
import { answerRequests } from './remote.ts';

export interface WatcherRequests {
  watch(times: { readonly intervalMs: number; readonly detectMultiplier: number }): void;
  /** Answers when the session is Up. */
  up(): void;
  /** Answers when the cluster thread hears that the session is not Up, with the time of the machine's clock. */
  lost(): number;
  /** The cluster thread runs nothing else for so long. */
  block(ms: number): void;
  /** How often the session has been lost so far. */
  failures(): number;
}

const name = 'bench';
const log = pino({ level: 'warn' }, pino.destination(2));
const wire = startWireThread(
  { entry: wireEntry(), options: wireOptionsOf(name, { incarnation: Date.now() }) },
  { log },
);
wire.channel.post({ ...surroundingsOf([name], [], opensslSegmentCrypto), sequence: 1 });

let sequence = 0;
let session: ObservedBfd | undefined;
let waiting: { readonly isOver: () => boolean; readonly over: () => void } | undefined;
wire.channel.onMessage((message) => {
  if (message.kind !== 'observed') return;
  [session] = message.bfd;
  if (waiting?.isOver() === true) waiting.over();
});

function until(isOver: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting = { isOver, over: resolve };
  if (isOver()) resolve();
  return promise;
}

answerRequests<WatcherRequests>({
  watch({ intervalMs, detectMultiplier }) {
    const watched = {
      remote: addresses.sink,
      local: addresses.sender,
      device: undefined,
      multihop: false,
      transmitIntervalMs: intervalMs,
      receiveIntervalMs: intervalMs,
      detectMultiplier,
      passive: false,
      leastHopLimit: 255,
    };
    sequence++;
    wire.channel.post({ kind: 'routing', sequence, bfd: [watched], unnumbered: [] });
  },
  up: () => until(() => session?.state === 'up'),
  async lost() {
    await until(() => session !== undefined && session.state !== 'up');
    return machineMs();
  },
  block(ms) {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
  },
  failures: () => session?.failures ?? 0,
});
