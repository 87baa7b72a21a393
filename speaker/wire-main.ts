// The program of the wire thread: builds the real parts and hands them to `Wire`. It runs in a worker of the speaker.
import assert from 'node:assert';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import { linuxBfdSockets } from './host/linux-bfd-sockets.ts';
import { LinuxHostNetwork } from './host/linux-host-network.ts';
import { linuxPacketSockets } from './host/linux-packet-socket.ts';
import { linuxUdpSockets } from './host/linux-udp-socket.ts';
import { endProcessNow, watchEachOther } from './host/mutual-watch.ts';
import { opensslSegmentCrypto } from './host/segment-crypto.ts';
import { ThreadChannel } from './host/thread-channel.ts';
import type { WireThreadData } from './host/wire-thread.ts';
import type { FromWire, ToWire } from './seam.ts';
import { Wire } from './wire.ts';

/** The cluster thread logs the reason and ends the process; if it cannot, this thread does. */
const fatalLimitMs = 200;

assert(parentPort !== null, 'the wire thread runs in a worker');
const port = parentPort;
const { counters, options } = workerData as WireThreadData;
const channel = new ThreadChannel<FromWire, ToWire>(port, counters, 'wire');
const endWatch = watchEachOther(counters, 'wire', endProcessNow);

// Unhandled rejections come here too: that is Node's default.
process.on('uncaughtException', (error) => {
  setTimeout(endProcessNow, fatalLimitMs);
  channel.post({ kind: 'fatal', message: error.stack ?? String(error) });
});

const wire = new Wire(options, {
  clock: systemClock,
  random: systemRandom,
  channel,
  packetSockets: linuxPacketSockets,
  udpSockets: linuxUdpSockets,
  bfdSockets: linuxBfdSockets,
  crypto: opensslSegmentCrypto,
  hostNetwork: new LinuxHostNetwork({}, { clock: systemClock }),
  stopped() {
    endWatch();
    channel.close();
    // In a worker this ends the thread only.
    process.exit(0);
  },
});
wire.start();
