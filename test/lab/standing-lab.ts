// A lab that stays up for people: it takes faults from other terminals until it is told to end.
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Lab } from './lab.ts';
import type { NodeNumber } from './network/addresses.ts';
import type { ClusterNode } from './cluster-node.ts';
import { controlSocket } from './sessions.ts';

/** What may be done to a node from another terminal. */
const faults: Readonly<Record<string, (node: ClusterNode) => Promise<void>>> = {
  off: (node) => node.powerOff(),
  on: (node) => node.powerOn(),
  cut: (node) => node.cut('lan'),
  unplug: (node) => node.pullCable(),
  heal: (node) => node.heal(),
};

export const faultUsage = `fault ${Object.keys(faults).join('|')} n1|n2|…`;

export const howToLookAround = [
  'Look around from another terminal:',
  '  npm run lab -- kubectl get svc,servicel2statuses -A',
  '  npm run lab -- shell client            (or router, outside, n1, p1)',
  '  npm run lab -- fault off n2            (then: fault on n2)',
].join('\n');

/** Listens until the process ends. */
export function takeFaults(lab: Lab): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => answerLines(lab, socket));
  server.listen(controlSocket);
}

function answerLines(lab: Lab, socket: Socket): void {
  // Somebody who hangs up before the answer wants none.
  socket.on('error', () => {});
  createInterface(socket).once('line', (line) => {
    void answer(lab, line).then((text) => socket.end(text));
  });
}

async function answer(lab: Lab, line: string): Promise<string> {
  const [, verb = '', name = ''] = /^fault (\S+) (\S+)$/.exec(line) ?? [];
  if (line === 'ping') return 'up\n';
  const act = faults[verb];
  const number = Number(/^n(\d)$/.exec(name)?.[1]);
  if (act === undefined || !lab.nodes.some((node) => node.number === number)) return `usage: ${faultUsage}\n`;
  try {
    await act(lab.node(number as NodeNumber));
    return `${name}: ${verb}\n`;
  } catch (error) {
    return `${name}: ${verb} failed: ${error instanceof Error ? error.message : String(error)}\n`;
  }
}
