// Asks a backend one question by UDP, three times at most, and prints its answer:
//   node ask-udp-main.ts ADDRESS PORT [SOURCE_PORT]
import { createSocket } from 'node:dgram';

const attempts = 3;
const answerWithinMs = 500;

const [address = '', port = '', sourcePort = '0'] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
let asked = 0;

function ask(): void {
  if (asked === attempts) {
    console.error(`no answer from ${address} port ${port}`);
    process.exit(1);
  }
  asked++;
  socket.send(String(asked), Number(port), address);
  setTimeout(ask, answerWithinMs);
}

socket.on('message', (message) => {
  console.log(message.toString('latin1').split('\n')[0]);
  process.exit(0);
});
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.bind(Number(sourcePort), ask);
