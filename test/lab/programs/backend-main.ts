// A backend: answers HTTP and UDP with its own name and the peer it sees, so that a test knows who served whom.
//   node backend-main.ts NAME PORT…
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';

/** What every answer says. */
export interface BackendAnswer {
  readonly pod: string;
  readonly peer: string;
  readonly port: number;
}

const [name = '', ...ports] = process.argv.slice(2);

function answer(peer: string | undefined, port: number): string {
  // IPv4 peers of an IPv6 socket are shown as what they are.
  const told: BackendAnswer = { pod: name, peer: (peer ?? '').replace(/^::ffff:/, ''), port };
  return JSON.stringify(told);
}

for (const port of ports.map(Number)) {
  createServer((request, response) => {
    response.setHeader('content-type', 'application/json').setHeader('connection', 'close');
    response.end(`${answer(request.socket.remoteAddress, port)}\n`);
  }).listen(port, '::');
  const udp = createSocket('udp6');
  udp.on('message', (message, peer) => {
    // The datagram comes back behind the answer, so that a prober knows which one it was.
    udp.send(`${answer(peer.address, port)}\n${message.toString('latin1')}`, peer.port, peer.address);
  });
  udp.bind(port, '::');
}
