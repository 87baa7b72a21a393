// Starts the wire thread, watches it, and ends it (host side of the seam, in the cluster thread).
import { Worker } from 'node:worker_threads';
import type { Log } from '#shared/runtime/log.ts';
import type { Channel, FromWire, ToWire, WireOptions } from '../seam.ts';
import type { LeavingMode } from '../segment/message/leaving.ts';
import { endProcessNow, watchEachOther } from './mutual-watch.ts';
import { newSharedCounters, type SharedCounters } from './shared-counters.ts';
import { ThreadChannel } from './thread-channel.ts';

/** What the wire thread is started with. */
export interface WireThreadData {
  readonly counters: SharedCounters;
  readonly options: WireOptions;
}

export interface WireThread {
  readonly channel: Channel<ToWire, FromWire>;
  /** Ends the wire thread, which says so to the other speakers, within 2 s or the process with it. */
  stop(mode: LeavingMode): Promise<void>;
}

const stopLimitMs = 2000;

/** `entry` is the thread's program. A thread that ends or falls silent unasked ends the process. */
export function startWireThread(
  { entry, options }: { readonly entry: string | URL; readonly options: WireOptions },
  { log }: { readonly log: Log },
): WireThread {
  const counters = newSharedCounters();
  const die = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    log.error(fields, message);
    endProcessNow();
  };
  const endWatch = watchEachOther(counters, 'cluster', () => die({}, 'the wire thread does not run any more: ending'));
  const worker = new Worker(entry, { workerData: { counters, options } satisfies WireThreadData });
  const channel = new ThreadChannel<ToWire, FromWire>(worker, counters, 'cluster');
  let isStopping = false;
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      if (!isStopping) die({ code }, 'the wire thread ended unasked: ending');
      endWatch();
      channel.close();
      resolve();
    });
  });
  worker.on('error', (error) => die({ error: String(error) }, 'the wire thread failed: ending'));
  return {
    channel,
    async stop(mode) {
      if (!isStopping) channel.post({ kind: 'stop', mode });
      isStopping = true;
      const limit = setTimeout(() => die({}, 'the wire thread did not stop in time: ending'), stopLimitMs);
      await ended;
      clearTimeout(limit);
    },
  };
}
