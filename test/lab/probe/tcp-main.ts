// Opens a new connection each time, asks over HTTP and notes which are answered within a second:
//   node tcp-main.ts ADDRESS PORT EVERY_MS
import { connect } from 'node:net';
import type { BackendAnswer } from '../programs/backend-main.ts';
import { monotonicMs, probeUntilTold, type OpenProbe } from './schedule.ts';

const answerWithinMs = 1_000;
const [address = '', port = '', everyMs = ''] = process.argv.slice(2);
const request = 'GET / HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n';

function ask(probe: OpenProbe): void {
  const socket = connect({ host: address, port: Number(port), noDelay: true });
  const patience = setTimeout(() => socket.resetAndDestroy(), answerWithinMs);
  let answer = '';
  // Refused, reset, silent: lost all the same.
  socket.on('error', () => {}).on('close', () => clearTimeout(patience));
  socket.on('connect', () => socket.write(request));
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
    const body = /\r\n\r\n(?:[0-9a-f]+\r\n)?(\{.*\})/s.exec(answer)?.[1];
    if (body === undefined) return;
    const { pod, peer } = JSON.parse(body) as BackendAnswer;
    Object.assign(probe, { answeredMs: monotonicMs(), pod, peer });
    // Leaves no TIME-WAIT behind, so that ports do not run out.
    socket.resetAndDestroy();
  });
}

probeUntilTold(Number(everyMs), answerWithinMs, ask);
