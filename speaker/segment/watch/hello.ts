// HELLO (layer2 §3.1): who is there. Sent at start, on change and each max(5 s, 50 ms × members), so that at most 20 arrive a second
// however many there are; by unicast too to nodes from which no multicast comes.
import type { Ip } from '#shared/net/ip.ts';
import { rangeContains, rangeOfPrefix } from '#shared/net/range.ts';
import type { Endpoint } from '../event.ts';
import type { Hello } from '../message/hello.ts';
import { jittered, send, wakeBy } from '../turn.ts';
import type { WatchState, WatchTurn } from './state.ts';

const leastPeriodMs = 5_000;
const periodPerMemberMs = 50;
/** Until a node is known it is no watcher and owns nothing: its first HELLO is repeated, as it may get lost. */
const firstIntervalMs = 100;
export const firstHelloRepeats = 3;
const multicastLostMs = 15_000;
/** A newcomer is answered by everybody, but not everybody at once by one. */
const answersPerSecond = 50;

export function helloPeriodMs({ members }: WatchState): number {
  return Math.max(leastPeriodMs, periodPerMemberMs * (members.size + 1));
}

export function sendHello(turn: WatchTurn, to: 'group' | Endpoint): void {
  const { watch, config, holdings } = turn;
  const { flags, link, phase } = watch;
  if (!link.carrier || phase === 'idle' || phase === 'retired') return;
  const message: Hello = {
    kind: 'hello',
    table: holdings.summary(),
    owned: holdings.ownedCount(),
    flags,
    beatMs: config.profile.beatMs,
    weight: 1,
    mac: link.mac,
    interfaceName: link.interfaceName,
    nodeName: config.self.name,
    prefixes: link.prefixes,
  };
  send(turn, to, message);
}

/** To the group, and to those who do not seem to hear it. */
export function sayHello(turn: WatchTurn): void {
  const { watch, nowMs, config } = turn;
  sendHello(turn, 'group');
  for (const { id, speaker, addresses } of watch.nodes.values()) {
    if (!speaker || id === config.self.id) continue;
    if (nowMs - (watch.members.get(id)?.multicastMs ?? watch.awakeSinceMs) < multicastLostMs) continue;
    const ip = addresses.find((address) => isOnLink(watch, address));
    if (ip !== undefined) sendHello(turn, { ip, port: config.port });
  }
  const isFirst = watch.firstHellos > 0;
  if (isFirst) watch.firstHellos--;
  watch.nextHelloMs =
    nowMs + (isFirst ? jittered(turn, firstIntervalMs, 50) : jittered(turn, helloPeriodMs(watch), 10));
  wakeBy(turn, watch.nextHelloMs);
}

/** Whoever is new here learns who is there without waiting for the next round of HELLOs. */
export function greet(turn: WatchTurn, source: Endpoint): void {
  if (turn.watch.helloTokens < 1) return;
  turn.watch.helloTokens--;
  sendHello(turn, source);
}

/** Each second. */
export function refillGreetings(watch: WatchState): void {
  watch.helloTokens = answersPerSecond;
}

function isOnLink({ link }: WatchState, ip: Ip): boolean {
  return link.prefixes.some((prefix) => rangeContains(rangeOfPrefix(prefix), ip));
}
