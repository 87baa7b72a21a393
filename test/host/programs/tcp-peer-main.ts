// The other end of a TCP connection, in a network namespace of its own: does what it is told by lines of JSON and tells what happens in lines
// of JSON. It sends back what it receives.
import { createInterface } from 'node:readline';
import type { Prefix } from '#shared/net/range.ts';
import { linuxTcp } from '#speaker/host/linux-tcp.ts';
import type { ListenOptions, TcpConnection, TcpHandler, TcpListener, Transport } from '#speaker/bgp/tcp-stack.ts';
import type { TcpOrder, TcpReport } from '../tcp-peer.ts';

const longestToldOctets = 100;

let listener: TcpListener | undefined;

function tell(report: TcpReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

function handlerFor(connection: () => TcpConnection | undefined): TcpHandler {
  return {
    connected: (addresses) => tell({ kind: 'connected', addresses }),
    received(octets) {
      tell({ kind: 'received', text: new TextDecoder().decode(octets.subarray(0, longestToldOctets)) });
      connection()?.write(octets);
    },
    drained() {},
    closed: (failure) => tell({ kind: 'closed', failure }),
  };
}

const octets = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : new TextEncoder().encode(text);

function listen(options: ListenOptions): void {
  const started = linuxTcp.listen(options, {
    accepted(connection, addresses) {
      tell({ kind: 'connected', addresses });
      return handlerFor(() => connection);
    },
    failed: (failure) => tell({ kind: 'closed', failure }),
  });
  if ('failure' in started) tell({ kind: 'closed', failure: started.failure });
  else listener = started;
}

function setPassword(remotes: Prefix, password: string | undefined): void {
  const failure = listener?.setPassword(remotes, octets(password));
  if (failure !== undefined) tell({ kind: 'closed', failure });
}

function dial({ password, ...transport }: Omit<Transport, 'password'> & { readonly password?: string }): void {
  const connection: TcpConnection = linuxTcp.connect(
    { ...transport, password: octets(password) },
    handlerFor(() => connection),
  );
}

createInterface(process.stdin).on('line', (line) => {
  const order = JSON.parse(line) as TcpOrder;
  switch (order.kind) {
    case 'listen':
      listen(order.options);
      break;
    case 'setPassword':
      setPassword(order.remotes, order.password);
      break;
    case 'dial':
      dial(order.transport);
  }
  tell({ kind: 'done' });
});
