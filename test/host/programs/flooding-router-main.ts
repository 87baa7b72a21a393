// A router that sends a million routes as fast as they are taken: waits for one BGP connection, answers OPEN, and keeps the session alive.
//   node flooding-router-main.ts ADDRESS
import type { Ip } from '#shared/net/ip.ts';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { keepalive } from '#speaker/bgp/message.ts';
import type { TcpConnection } from '#speaker/bgp/tcp-stack.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import { external } from '../../unit/speaker/bgp/octets.ts';
import { routerOpen } from '../../unit/speaker/bgp/peer-play.ts';

const messages = 1_250;
const prefixesInMessage = 800;
const keepaliveMs = 1_000;
const local = process.argv[2] as Ip;

/** 800 prefixes of 32 bits, which no other message has. */
function update(index: number): Uint8Array {
  const nlri = Buffer.alloc(5 * prefixesInMessage);
  for (let at = 0; at < prefixesInMessage; at++) {
    nlri[5 * at] = 32;
    nlri.writeUInt32BE(0x0a00_0000 + index * prefixesInMessage + at, 5 * at + 1);
  }
  const path = [{ type: 'sequence', asns: [64_512] }] as const;
  const attributes = [
    { kind: 'origin', origin: 'igp' },
    { kind: 'asPath', path },
    { kind: 'nextHop', ip: local },
  ] as const;
  return encodeMessage({ kind: 'update', withdrawn: new Uint8Array(0), attributes, nlri }, external);
}

function serve(connection: TcpConnection): void {
  connection.write(encodeMessage(routerOpen(), external));
  connection.write(keepalive);
  for (let index = 0; index < messages; index++) connection.write(update(index));
  setInterval(() => connection.write(keepalive), keepaliveMs);
}

const options = { local, port: 179, device: undefined, hopLimit: 64, leastHopLimit: 1, userTimeoutMs: 60_000 };
const listener = linuxTcp.listen(
  { ...options, passwords: [] },
  {
    accepted(connection) {
      let isNew = true;
      return {
        connected() {},
        received() {
          if (isNew) serve(connection);
          isNew = false;
        },
        drained() {},
        closed: () => process.exit(),
      };
    },
    failed: (failure) => process.stdout.write(`${failure}\n`),
  },
);
process.stdout.write('failure' in listener ? `${listener.failure}\n` : 'listening\n');
