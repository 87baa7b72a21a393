// The state machine of a BFD session (RFC 5880 §6).
import type { Random } from '#shared/runtime/random.ts';
import { diagnostics, type BfdState, type ControlPacket } from './control-packet.ts';
import type {
  ChangeCause,
  Remote,
  SessionEffect,
  SessionEvent,
  SessionSettings,
  SessionState,
  SessionStep,
} from './session-state.ts';
import {
  cautiousIntervals,
  detectAtMs,
  jitteredMs,
  maySend,
  receiveIntervalMs,
  sameIntervals,
  sendsPeriodically,
  transmitIntervalMs,
  wantedIntervals,
} from './timing.ts';

/** A planned stop is said so often, for one packet may be lost. */
const farewells = 3;
const farewellSpacingMs = 100;

const unheard: Remote = {
  discriminator: 0,
  state: 'down',
  desiredMinTxUs: 0,
  requiredMinRxUs: 1,
  detectMultiplier: 0,
  demand: false,
};

/** By our state and the state that the peer says it is in (RFC 5880 §6.2, §6.8.6). */
const transitions: Readonly<Record<Exclude<BfdState, 'adminDown'>, Readonly<Record<BfdState, BfdState>>>> = {
  down: { adminDown: 'down', down: 'init', init: 'up', up: 'down' },
  init: { adminDown: 'down', down: 'init', init: 'up', up: 'up' },
  up: { adminDown: 'down', down: 'down', init: 'up', up: 'up' },
};

/** Down; it sends with its first `wake`, which it wants now. `discriminator` is random, so that nobody can guess it. */
export function newSession(discriminator: number, settings: SessionSettings, nowMs: number): SessionState {
  const intervals = wantedIntervals({ settings, state: 'down' });
  return {
    discriminator,
    settings,
    state: 'down',
    diagnostic: diagnostics.none,
    remote: unheard,
    advertised: intervals,
    inForce: intervals,
    poll: 'none',
    sent: undefined,
    transmitAtMs: nowMs,
    heardAtMs: undefined,
    patientUntilMs: undefined,
    farewells: 0,
  };
}

/** In AdminDown nothing is heard, and nothing leads out of it: whoever wants the peer watched again begins a new session. */
export function stepSession(before: SessionState, event: SessionEvent, random: Random): SessionStep {
  const turn: Turn = { before, nowMs: event.nowMs, random };
  if (before.state === 'adminDown') return event.kind === 'wake' ? sayFarewell(turn) : { state: before, effects: [] };
  switch (event.kind) {
    case 'packet':
      return onPacket(turn, event.packet);
    case 'configure':
      return settle(turn, { ...before, settings: event.settings });
    case 'wake':
      return onWake(turn);
    // Once in a silence: a program that is always late must notice it, too.
    case 'gap':
      return settle(turn, {
        ...before,
        patientUntilMs: before.patientUntilMs ?? event.nowMs + receiveIntervalMs(before),
      });
    case 'leave':
      return leave(turn);
  }
}

interface Turn {
  readonly before: SessionState;
  readonly nowMs: number;
  readonly random: Random;
}

/** RFC 5880 §6.8.6, from where the session is known. */
function onPacket(turn: Turn, packet: ControlPacket): SessionStep {
  const { before, nowMs } = turn;
  // No authentication is in use.
  if (packet.authentication !== undefined) return { state: before, effects: [] };
  const heard: SessionState = {
    ...before,
    remote: remoteOf(packet),
    heardAtMs: nowMs,
    patientUntilMs: undefined,
    poll: pollAfter(before.poll, packet.final),
  };
  const state = before.state === 'adminDown' ? before.state : transitions[before.state][packet.state];
  const entered = enter(heard, state, diagnostics.neighborSignalledDown);
  return settle(turn, entered, { cause: { kind: causeOf(entered.state, packet.state) }, answersPoll: packet.poll });
}

function remoteOf(packet: ControlPacket): Remote {
  const { myDiscriminator, state, desiredMinTxUs, requiredMinRxUs, detectMultiplier, demand } = packet;
  return { discriminator: myDiscriminator, state, desiredMinTxUs, requiredMinRxUs, detectMultiplier, demand };
}

function pollAfter(poll: SessionState['poll'], isFinal: boolean): SessionState['poll'] {
  if (poll === 'active') return isFinal ? 'settling' : 'active';
  return poll === 'settling' && isFinal ? 'settling' : 'none';
}

function causeOf(state: BfdState, remote: BfdState): Exclude<ChangeCause['kind'], 'detectionTimeExpired'> {
  if (state !== 'down') return 'heard';
  return remote === 'adminDown' ? 'neighborAdminDown' : 'neighborSignalledDown';
}

/** `diagnostic` is why, where it goes down. */
function enter(session: SessionState, state: BfdState, diagnostic: number): SessionState {
  if (session.state === state) return session;
  return { ...session, state, diagnostic: state === 'init' || state === 'up' ? diagnostics.none : diagnostic };
}

function onWake(turn: Turn): SessionStep {
  const { before, nowMs } = turn;
  if (nowMs >= (detectAtMs(before) ?? Infinity)) return expire(turn);
  const isDue = sendsPeriodically(before) && nowMs >= before.transmitAtMs;
  return isDue ? transmit(turn, before, []) : { state: before, effects: [] };
}

/** RFC 5880 §6.8.4; what the peer said no longer holds. */
function expire(turn: Turn): SessionStep {
  const { before, nowMs } = turn;
  const silenceMs = Math.round(nowMs - (before.heardAtMs ?? nowMs));
  // Whoever is down on purpose may end meanwhile, and is so until it says something else.
  const remote = { ...unheard, state: before.remote.state === 'adminDown' ? 'adminDown' : unheard.state } as const;
  const forgotten: SessionState = { ...before, remote, heardAtMs: undefined, poll: 'none' };
  const cause = { kind: 'detectionTimeExpired', silenceMs } as const;
  return settle(turn, enter(forgotten, 'down', diagnostics.detectionTimeExpired), { cause });
}

/** RFC 5880 §6.8.16. */
function leave(turn: Turn): SessionStep {
  const cause = { kind: 'administrativelyDown' } as const;
  const { remote } = turn.before;
  const leaving: SessionState = { ...turn.before, heardAtMs: undefined, patientUntilMs: undefined, poll: 'none' };
  const down = enter(leaving, 'adminDown', diagnostics.administrativelyDown);
  const state: SessionState = { ...down, advertised: wantedIntervals(down), inForce: wantedIntervals(down) };
  const became: SessionEffect = { kind: 'became', from: turn.before.state, to: 'adminDown', cause };
  // There is nobody to tell.
  if (remote.discriminator === 0) return { state, effects: [became, { kind: 'left' }] };
  const said = sayFarewell({ ...turn, before: { ...state, farewells, transmitAtMs: turn.nowMs } });
  return { state: said.state, effects: [became, ...said.effects] };
}

function sayFarewell({ before, nowMs }: Turn): SessionStep {
  if (before.farewells === 0 || nowMs < before.transmitAtMs) return { state: before, effects: [] };
  const packet = packetOf(before);
  const left = before.farewells - 1;
  const sent = { packet, atMs: nowMs };
  return {
    state: { ...before, farewells: left, transmitAtMs: nowMs + farewellSpacingMs, sent },
    effects: [{ kind: 'send', packet }, ...(left === 0 ? [{ kind: 'left' } as const] : [])],
  };
}

interface Reason {
  readonly cause?: ChangeCause;
  readonly answersPoll?: boolean;
}

/** Brings what is told, sent and awaited to what has changed. */
function settle(turn: Turn, changed: SessionState, { cause, answersPoll = false }: Reason = {}): SessionStep {
  const { before, nowMs, random } = turn;
  const told = tellIntervals(before, changed);
  const hasOtherPace = transmitIntervalMs(told) !== transmitIntervalMs(before);
  // The new interval counts from the last packet, at once (RFC 5880 §6.8.3).
  const paced = hasOtherPace ? { ...told, transmitAtMs: (told.sent?.atMs ?? nowMs) + jitteredMs(told, random) } : told;
  const became: readonly SessionEffect[] =
    cause === undefined || paced.state === before.state
      ? []
      : [{ kind: 'became', from: before.state, to: paced.state, cause }];
  if (!maySend(paced)) return { state: paced, effects: became };
  if (answersPoll) return answer(turn, paced, became);
  return saysElse(paced) ? transmit(turn, paced, became) : { state: paced, effects: became };
}

/** RFC 5880 §6.8.3: changes are polled for; while Up, one after the other. */
function tellIntervals(before: SessionState, session: SessionState): SessionState {
  const isUp = session.state === 'up';
  const mustWait = isUp && before.state === 'up' && session.poll !== 'none';
  const advertised = mustWait ? session.advertised : wantedIntervals(session);
  const isNews = !sameIntervals(advertised, session.advertised);
  const poll = isNews ? (session.remote.discriminator === 0 ? 'none' : 'active') : session.poll;
  const inForce = isUp && poll === 'active' ? cautiousIntervals(session.inForce, advertised) : advertised;
  return { ...session, advertised, inForce, poll };
}

/** RFC 5880 §6.8.7: whatever changes is said between the periodic packets, once something was said. */
function saysElse(session: SessionState): boolean {
  const { sent } = session;
  if (sent === undefined) return session.remote.discriminator !== 0;
  const packet = packetOf(session);
  return (Object.keys(packet) as (keyof ControlPacket)[]).some(
    (field) => field !== 'poll' && field !== 'final' && packet[field] !== sent.packet[field],
  );
}

/** The next periodic packet counts from this one. */
function transmit({ nowMs, random }: Turn, session: SessionState, effects: readonly SessionEffect[]): SessionStep {
  const packet = packetOf(session);
  const transmitAtMs = nowMs + jitteredMs(session, random);
  return {
    state: { ...session, sent: { packet, atMs: nowMs }, transmitAtMs },
    effects: [...effects, { kind: 'send', packet }],
  };
}

/** With Final, at once, without respect to the periodic ones (RFC 5880 §6.8.7). */
function answer({ nowMs }: Turn, session: SessionState, effects: readonly SessionEffect[]): SessionStep {
  const packet = { ...packetOf(session), poll: false, final: true };
  return {
    state: { ...session, sent: { packet, atMs: nowMs } },
    effects: [...effects, { kind: 'send', packet }],
  };
}

/** RFC 5880 §6.8.7. C is 0: the session ends with this program. */
function packetOf({
  state,
  diagnostic,
  discriminator,
  settings,
  remote,
  advertised,
  poll,
}: SessionState): ControlPacket {
  return {
    diagnostic,
    state,
    poll: poll === 'active',
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMultiplier: settings.detectMultiplier,
    myDiscriminator: discriminator,
    yourDiscriminator: remote.discriminator,
    ...advertised,
    requiredMinEchoRxUs: 0,
    authentication: undefined,
  };
}
