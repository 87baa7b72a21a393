// A speaker reduced to its threads: starts the wire thread, lets it answer for an address, and tells each message and log line as a line of JSON.
//   node speaker-main.ts ADDRESS [busy | hang | break]
// busy: this thread is blocked 50 of each 100 ms; hang: for good, once the address is answered; break: it sends what the wire thread cannot
// digest. SIGTERM: stop, then exit.
import { wireEntry } from '#speaker/host/wire-entry.ts';
import { startWireThread } from '#speaker/host/wire-thread.ts';
import type { Ip } from '#shared/net/ip.ts';
import { opensslSegmentCrypto } from '#speaker/host/segment-crypto.ts';
import type { WireDesired } from '#speaker/seam.ts';
import { desiredOf, surroundingsOf, wireOptionsOf } from '#test/wire-input.ts';
import type { LogFields } from '#shared/runtime/log.ts';

const [address = '', behaviour] = process.argv.slice(2);

/** Alone in its cluster. */
const node = 'speaking';

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const log = (fields: LogFields, message: string): void => tell({ kind: 'log', fields, message });
const entry = process.env['WIRE_ENTRY'] ?? wireEntry();
const wire = startWireThread(
  { entry, options: wireOptionsOf(node) },
  { log: { debug: log, info: log, warn: log, error: log } },
);

function block(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

wire.channel.onMessage((message) => {
  tell(message);
  const isAnswered =
    message.kind === 'observed' &&
    message.addresses.some(({ segments }) => segments.some(({ answering }) => answering));
  if (behaviour === 'hang' && isAnswered) block(Infinity);
  if (behaviour === 'break' && isAnswered) wire.channel.post({ kind: 'desired', generation: 2 } as WireDesired);
});
wire.channel.post({ ...surroundingsOf([node], [`${address}/24`], opensslSegmentCrypto), sequence: 1 });
wire.channel.post({
  kind: 'desired',
  generation: 1,
  chunk: 0,
  chunks: 1,
  addresses: [desiredOf([node], { ip: address as Ip })],
});
if (behaviour === 'busy') setInterval(() => block(50), 100);
process.on('SIGTERM', () => void wire.stop('restart').then(() => process.exit(0)));
