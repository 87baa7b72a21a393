// The requester's process: one load on one cable, and how long each answer took, on standard output.
//   node requester-main.ts '{"responder":"ingot","pace":"backToBack","requests":20000}'
import { readFileSync } from 'node:fs';
import type { Mac } from '#shared/net/mac.ts';
import { addressesOf, cables, type ResponderName } from './cables.ts';
import { Requester } from './requester.ts';

export interface Load {
  readonly responder: ResponderName;
  /** Back to back: the next when the last was answered. Else so many a second, answered or not. */
  readonly pace: 'backToBack' | number;
  readonly requests: number;
}

export interface Answers {
  readonly replyUs: readonly number[];
  readonly lost: number;
  /** Of the call that sends a request: for an address that is answered for, and for one that is not. */
  readonly sendUs: number;
  readonly unansweredSendUs: number;
}

const lostAfterMs = 100;
/** Between requests of a slower pace than this it rests, so that the responder has the machine for itself. */
const restlessPerSecond = 5_000;
const unansweredRequests = 2_000;

const load = JSON.parse(process.argv[2] ?? '') as Load;
const cable = cables.find(({ responder }) => responder === load.responder);
if (cable === undefined) throw new Error(`there is no cable to ${load.responder}`);
const addresses = addressesOf(cable);
const folder = `/sys/class/net/${cable.responder}`;
const asker = {
  interfaceIndex: Number(readFileSync(`${folder}/ifindex`, 'utf8')),
  mac: readFileSync(`${folder}/address`, 'utf8').trim() as Mac,
  ip: cable.requester,
};
const requester = new Requester(asker, addresses);
const replyUs: number[] = [];
/** When each address was asked for; 0: it is not waited for. */
const askedMs = new Float64Array(addresses.length);
let waitedFor = 0;
let lost = 0;
let sendMs = 0;

function ask(index: number): void {
  if (askedMs[index] === 0) waitedFor++;
  else lost++;
  const startMs = performance.now();
  askedMs[index] = startMs;
  requester.ask(index);
  sendMs += performance.now() - startMs;
}

/** Whether there was an answer. */
function look(): boolean {
  const index = requester.answered();
  if (index === undefined) return false;
  const startMs = askedMs[index] ?? 0;
  // A second answer to one request is none.
  if (startMs !== 0) {
    replyUs.push((performance.now() - startMs) * 1000);
    waitedFor--;
  }
  askedMs[index] = 0;
  return true;
}

function backToBack(): void {
  for (let count = 0; count < load.requests; count++) {
    const index = count % addresses.length;
    ask(index);
    const deadlineMs = performance.now() + lostAfterMs;
    while (askedMs[index] !== 0 && performance.now() < deadlineMs) look();
  }
}

function paced(perSecond: number): void {
  const everyMs = 1000 / perSecond;
  const startMs = performance.now();
  const rest = new Int32Array(new SharedArrayBuffer(4));
  for (let count = 0; count < load.requests; count++) {
    const dueMs = startMs + count * everyMs;
    for (let nowMs = performance.now(); nowMs < dueMs; nowMs = performance.now()) {
      if (!look() && waitedFor === 0 && perSecond < restlessPerSecond) Atomics.wait(rest, 0, 0, dueMs - nowMs);
    }
    ask(count % addresses.length);
  }
}

/** The same call for an address that nobody has. */
function measureUnanswered(silent: typeof asker.ip): number {
  const stranger = new Requester(asker, [silent]);
  const startMs = performance.now();
  for (let count = 0; count < unansweredRequests; count++) stranger.ask(0);
  return ((performance.now() - startMs) * 1000) / unansweredRequests;
}

if (load.pace === 'backToBack') backToBack();
else paced(load.pace);
const endMs = performance.now() + lostAfterMs;
while (performance.now() < endMs) look();
lost += askedMs.filter((atMs) => atMs !== 0).length;
const answers: Answers = {
  replyUs,
  lost,
  sendUs: (sendMs * 1000) / load.requests,
  unansweredSendUs: measureUnanswered(cable.silent),
};
process.stdout.write(JSON.stringify(answers));
