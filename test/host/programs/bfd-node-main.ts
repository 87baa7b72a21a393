// The BFD of a node as the wire thread runs it, on the real kernel: does what it is told by lines of JSON and tells what it sees in lines of JSON.
import { createInterface } from 'node:readline';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import { linuxBfdSockets } from '#speaker/host/linux-bfd-sockets.ts';
import { LinuxHostNetwork } from '#speaker/host/linux-host-network.ts';
import { Bfd } from '#speaker/wire/bfd.ts';
import { OwnGap } from '#speaker/wire/own-gap.ts';
import { ReportPace } from '#speaker/wire/report-pace.ts';
import { Tally } from '#speaker/wire/tally.ts';
import { monotonicMs, type BfdOrder, type BfdReport } from '../bfd-node.ts';

const gapMs = 250;
const quiet = (): void => {};

// Counters more often than the wire thread, so that tests need not wait for them.
const pace = new ReportPace(systemClock, tell);
const ownGap = new OwnGap(gapMs, systemClock, () => bfd.gap());
const bfd: Bfd = new Bfd({
  clock: systemClock,
  random: systemRandom,
  sockets: linuxBfdSockets,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  tally: new Tally(),
  gapEnded: () => void ownGap.check(),
  changed: () => pace.urgent(),
  counted: () => pace.changed(),
});

function tell(): void {
  const report: BfdReport = { atMs: monotonicMs(), bfd: bfd.observed, problems: bfd.problems };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

function stall(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

new LinuxHostNetwork({}, { clock: systemClock }).start((network) => bfd.networkChanged(network));
createInterface(process.stdin).on('line', (line) => {
  const order = JSON.parse(line) as BfdOrder;
  switch (order.kind) {
    case 'want':
      bfd.want(order.bfd);
      break;
    case 'leave':
      bfd.leave(() => process.exit(0));
      break;
    case 'stall':
      stall(order.ms);
  }
});
