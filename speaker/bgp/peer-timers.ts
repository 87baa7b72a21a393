// The timers of a peer and how long they run (RFC 4271 §10).
import type { TimerEffect } from '#shared/runtime/runner.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Negotiated } from './negotiation.ts';
import type { Connection, ConnectionId } from './peer-state.ts';

/** `stable` ends the memory of earlier errors. */
export type PeerTimer = 'connectRetry' | 'idleHold' | 'stable';
export type ConnectionTimer = 'hold' | 'keepalive' | 'delayOpen' | 'sendHold';

/** While the peer's OPEN is awaited. */
export const largeHoldTimeMs = 240_000;
export const connectTimeoutMs = 5_000;
export const stableAfterMs = 300_000;
const longestIdleHoldMs = 120_000;
const firstIdleHoldMs = 1_000;
const leastSendHoldTimeMs = 480_000;
/** RFC 4271 §4.4: at most one KEEPALIVE a second. */
const leastKeepaliveTimeMs = 1_000;

export function arm(timer: PeerTimer, delayMs: number): TimerEffect {
  return { kind: 'arm', timer, delayMs };
}

export function disarm(timer: PeerTimer): TimerEffect {
  return { kind: 'disarm', timer };
}

export function armOf(id: ConnectionId, timer: ConnectionTimer, delayMs: number): TimerEffect {
  return { kind: 'arm', timer: `${timer} ${id}`, delayMs };
}

/** The connection and the timer in a name that `armOf` made; undefined for a timer of the peer. */
export function splitTimer(timer: string): { readonly timer: ConnectionTimer; readonly id: ConnectionId } | undefined {
  const space = timer.indexOf(' ');
  if (space < 0) return undefined;
  return { timer: timer.slice(0, space) as ConnectionTimer, id: timer.slice(space + 1) as ConnectionId };
}

/** All timers that may run in the connection's state. */
export function disarmAll({ id, state }: Connection): readonly TimerEffect[] {
  return timersOf[state].map((timer) => ({ kind: 'disarm', timer: `${timer} ${id}` }));
}

/** A timer that is none of the state's was disarmed too late to matter. */
export function mayRun({ state }: Connection, timer: ConnectionTimer): boolean {
  return timersOf[state].includes(timer);
}

const timersOf: Readonly<Record<Connection['state'], readonly ConnectionTimer[]>> = {
  waiting: ['delayOpen'],
  openSent: ['hold'],
  openConfirm: ['hold', 'keepalive'],
  established: ['hold', 'keepalive', 'sendHold'],
};

/** Three quarters to all of it, so that peers do not act in step. */
export function jittered(random: Random, delayMs: number): number {
  return Math.round((delayMs * uniform(random, 7_500, 10_000)) / 10_000);
}

/** Nothing while the hold time is 0. */
export function armHold(id: ConnectionId, { holdTimeMs }: Negotiated): readonly TimerEffect[] {
  return holdTimeMs === 0 ? [] : [armOf(id, 'hold', holdTimeMs)];
}

export function armKeepalive(id: ConnectionId, negotiated: Negotiated, random: Random): readonly TimerEffect[] {
  if (negotiated.holdTimeMs === 0) return [];
  const delayMs = Math.max(leastKeepaliveTimeMs, jittered(random, negotiated.keepaliveTimeMs));
  return [armOf(id, 'keepalive', delayMs)];
}

/** RFC 9687 §4, §6. Without KEEPALIVEs there may be nothing to send for long, and silence is no sign. */
export function armSendHold(id: ConnectionId, { holdTimeMs }: Negotiated): readonly TimerEffect[] {
  return holdTimeMs === 0 ? [] : [armOf(id, 'sendHold', Math.max(leastSendHoldTimeMs, 2 * holdTimeMs))];
}

/** After `failures` errors in a row before this one. */
export function idleHoldMs(failures: number): number {
  return Math.min(longestIdleHoldMs, firstIdleHoldMs * 2 ** failures);
}
