// Sends numbered datagrams from one port to one port and notes which are answered within 250 ms:
//   node udp-main.ts ADDRESS PORT EVERY_MS
import { createSocket } from 'node:dgram';
import type { BackendAnswer } from '../programs/backend-main.ts';
import { monotonicMs, probeUntilTold } from './schedule.ts';

const answerWithinMs = 250;
const [address = '', port = '', everyMs = ''] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');

// A refusal is a lost probe, as silence is.
socket.on('error', () => {});
socket.bind(0, () => {
  const probes = probeUntilTold(Number(everyMs), answerWithinMs, (_probe, index) => {
    socket.send(String(index), Number(port), address, () => {});
  });
  socket.on('message', (message) => {
    const nowMs = monotonicMs();
    const [answer = '', index = ''] = message.toString('latin1').split('\n');
    const probe = probes[Number(index)];
    if (probe === undefined || nowMs - probe.sentMs > answerWithinMs) return;
    const { pod, peer } = JSON.parse(answer) as BackendAnswer;
    Object.assign(probe, { answeredMs: nowMs, pod, peer });
  });
});
