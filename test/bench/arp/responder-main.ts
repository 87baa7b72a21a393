// Ingot's responder as a process: the speaker's wire thread, the only node of its cluster, is told to answer for a thousand addresses; the thread
// that would talk to the cluster idles, or is blocked half of the time. It is told what to do, and tells, by messages.
import { pino } from 'pino';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import { wireEntry } from '#speaker/host/wire-entry.ts';
import { startWireThread } from '#speaker/host/wire-thread.ts';
import { desiredChunkAddresses } from '#speaker/seam.ts';
import { desiredOf, surroundingsOf, wireOptionsOf } from '#test/wire-input.ts';
import { addressCount, addressesOf, cables } from './cables.ts';

/** What it is told. */
export type ToResponder = 'block' | 'unblock' | 'cpu' | 'end';
/** What it tells: that all addresses are answered for, and the CPU time of all but the cluster thread, in microseconds. */
export type FromResponder = { readonly kind: 'ready' } | { readonly kind: 'cpu'; readonly us: number };

const blocked = { forMs: 50, everyMs: 100 };
const name = 'bench';
const cable = cables.find(({ responder }) => responder === 'ingot');
if (cable === undefined) throw new Error('there is no cable to ingot');

const log = pino({ level: 'warn' }, pino.destination(2));
const options = wireOptionsOf(name, { incarnation: Date.now() });
const wire = startWireThread({ entry: wireEntry(), options }, { log });

wire.channel.post({ ...surroundingsOf([name], [cable.network], opensslSegmentCrypto), sequence: 1 });
const wanted = addressesOf(cable).map((ip) => desiredOf([name], { ip }));
const chunks = wanted.length / desiredChunkAddresses;
for (let chunk = 0; chunk < chunks; chunk++) {
  const addresses = wanted.slice(chunk * desiredChunkAddresses, (chunk + 1) * desiredChunkAddresses);
  wire.channel.post({ kind: 'desired', generation: 1, chunk, chunks, addresses });
}

let isReady = false;
wire.channel.onMessage((message) => {
  if (message.kind !== 'observed' || isReady) return;
  const answering = message.addresses.filter(({ segments }) => segments.some((segment) => segment.answering));
  isReady = answering.length === addressCount;
  if (isReady) tell({ kind: 'ready' });
});

function tell(message: FromResponder): void {
  process.send?.(message);
}

function allButThisThreadUs(): number {
  const [whole, own] = [process.cpuUsage(), process.threadCpuUsage()];
  return whole.user + whole.system - own.user - own.system;
}

let blocking: NodeJS.Timeout | undefined;

function block(): void {
  const endMs = performance.now() + blocked.forMs;
  while (performance.now() < endMs);
}

process.on('message', (message: ToResponder) => {
  if (message === 'block') blocking = setInterval(block, blocked.everyMs);
  else if (message === 'unblock') clearInterval(blocking);
  else if (message === 'cpu') tell({ kind: 'cpu', us: allButThisThreadUs() });
  else void wire.stop('restart').then(() => process.exit(0));
});
