// Leader election by one Lease (coordination.k8s.io/v1), as a pure machine. A follower takes a record that, seen by its own clock, has not
// changed for as long as its holder promised to renew it; a leader counts its renewals from when they were sent, and stops by itself.
// Times in the record are for people and never compared.
import type { Engine, Step, TimerEffect, TimerEvent } from '../runtime/runner.ts';
import type { KubeAnswer } from './kube-api.ts';
import { leaseDurationSeconds, readLease, type LeaseChange, type LeaseRecord } from './lease-record.ts';
import type { Wait } from './wait.ts';

const renewDeadlineMs = 10_000;
const requestTimeoutMs = 5_000;
const retryPeriod: Wait = { fromMs: 2_000, toMs: 2_400 };
/** Of a Lease that was given up: its successor need not wait. */
const releasedSeconds = 1;

export type LeaseState =
  | { readonly role: 'stopped' }
  | { readonly role: 'follower'; readonly observed: Observed | undefined; readonly asking: Asking }
  | { readonly role: 'leader'; readonly record: LeaseRecord; readonly renewedMs: number; readonly asking: Asking }
  /** A renewal in flight is waited for first: the version to write against comes from its answer. */
  | { readonly role: 'releasing'; readonly record: LeaseRecord; readonly waitsFor: 'renewal' | 'release' };

interface Observed {
  readonly record: LeaseRecord;
  /** When this version was seen first, on the own clock. */
  readonly sinceMs: number;
}

/** What was asked last and has no answer yet. */
type Asking = 'nothing' | 'read' | 'write';

export type LeaseEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'answer'; readonly answer: KubeAnswer; readonly sentMs: number; readonly nowMs: number }
  | { readonly kind: 'release' };

export type LeaseEffect =
  | { readonly kind: 'read' }
  /** Without a record before: a new Lease. */
  | { readonly kind: 'write'; readonly before: LeaseRecord | undefined; readonly change: LeaseChange }
  /** Ends what was asked; its outcome stays unknown. */
  | { readonly kind: 'cancel' }
  /** The timer `retry` comes back after it. */
  | { readonly kind: 'wait'; readonly wait: Wait }
  | { readonly kind: 'acquired' }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'released' };

type Result = Step<LeaseState, LeaseEffect>;
type Effects = readonly (LeaseEffect | TimerEffect)[];

const timeOut: TimerEffect = { kind: 'arm', timer: 'request', delayMs: requestTimeoutMs };
const answered: TimerEffect = { kind: 'disarm', timer: 'request' };
const retryLater: LeaseEffect = { kind: 'wait', wait: retryPeriod };
const read: Effects = [{ kind: 'read' }, timeOut];

export function createLeaseEngine(identity: string): Engine<LeaseState, LeaseEvent, LeaseEffect> {
  return { initial: { role: 'stopped' }, step: (state, event) => step(identity, state, event) };
}

function step(identity: string, state: LeaseState, event: LeaseEvent | TimerEvent): Result {
  if (event.kind === 'start') {
    return { state: { role: 'follower', observed: undefined, asking: 'read' }, effects: read };
  }
  switch (state.role) {
    case 'stopped':
      return event.kind === 'release' ? released() : { state, effects: [] };
    case 'follower':
      return follow(identity, state, event);
    case 'leader':
      return lead(identity, state, event);
    case 'releasing':
      return giveUp(state, event);
  }
}

type State<Role extends LeaseState['role']> = Extract<LeaseState, { role: Role }>;
type StepEvent = Exclude<LeaseEvent, { kind: 'start' }> | TimerEvent;

function follow(identity: string, state: State<'follower'>, event: StepEvent): Result {
  if (event.kind === 'release') return released([{ kind: 'cancel' }]);
  if (event.kind === 'timer') {
    if (event.timer === 'retry') return { state: { ...state, asking: 'read' }, effects: read };
    return { state: { ...state, asking: 'nothing' }, effects: [{ kind: 'cancel' }, retryLater] };
  }
  const { answer, sentMs, nowMs } = event;
  const idle: State<'follower'> = { ...state, asking: 'nothing' };
  if (state.asking === 'write') {
    const record = answer.kind === 'ok' ? readLease(answer.body) : undefined;
    // An answer that comes when the deadline is over is worth nothing: this process slept.
    if (record === undefined || nowMs >= sentMs + renewDeadlineMs)
      return { state: idle, effects: [answered, retryLater] };
    return leads(record, sentMs, nowMs, [answered, { kind: 'acquired' }]);
  }
  if (answer.kind === 'failed') {
    if (isStatus(answer, 404)) return write(idle, undefined, acquire(identity, undefined));
    return { state: idle, effects: [answered, retryLater] };
  }
  const record = readLease(answer.body);
  if (record === undefined) return { state: idle, effects: [answered, retryLater] };
  const known = state.observed?.record.resourceVersion === record.resourceVersion ? state.observed : undefined;
  const observed = known ?? { record, sinceMs: nowMs };
  const following: State<'follower'> = { ...idle, observed };
  const expired = nowMs - observed.sinceMs >= record.durationSeconds * 1000;
  // Its own name stands there when an earlier write was done without an answer.
  if (record.holder === '' || record.holder === identity || expired) {
    return write(following, record, acquire(identity, record));
  }
  return { state: following, effects: [answered, retryLater] };
}

function lead(identity: string, state: State<'leader'>, event: StepEvent): Result {
  const idle: State<'leader'> = { ...state, asking: 'nothing' };
  switch (event.kind) {
    case 'release': {
      if (state.asking === 'nothing') return writeRelease(state.record);
      return { state: { role: 'releasing', record: state.record, waitsFor: 'renewal' }, effects: [] };
    }
    case 'timer':
      if (event.timer === 'retry') return write(state, state.record, renew(identity, state.record));
      if (event.timer === 'deadline') return stopLeading('it could not be renewed for 10 s');
      return { state: idle, effects: [{ kind: 'cancel' }, retryLater] };
    case 'answer':
      break;
  }
  const { answer, sentMs, nowMs } = event;
  if (answer.kind === 'failed') {
    if (isStatus(answer, 409)) return { state: { ...state, asking: 'read' }, effects: read };
    if (isStatus(answer, 404)) return stopLeading('the Lease was deleted');
    return { state: idle, effects: [answered, retryLater] };
  }
  const record = readLease(answer.body);
  if (record === undefined) return { state: idle, effects: [answered, retryLater] };
  if (record.holder !== identity) return stopLeading(`${record.holder === '' ? 'nobody' : record.holder} holds it`);
  if (state.asking === 'read') return write(state, record, renew(identity, record));
  return leads(record, sentMs, nowMs, [answered]);
}

function giveUp(state: State<'releasing'>, event: StepEvent): Result {
  if (event.kind === 'timer' && event.timer === 'request') return released([{ kind: 'cancel' }]);
  if (event.kind !== 'answer') return { state, effects: [] };
  const record = event.answer.kind === 'ok' ? readLease(event.answer.body) : undefined;
  return state.waitsFor === 'release' || record === undefined ? released() : writeRelease(record);
}

function writeRelease(record: LeaseRecord): Result {
  const { transitions } = record;
  const change: LeaseChange = { act: 'release', holder: '', transitions, durationSeconds: releasedSeconds };
  return {
    state: { role: 'releasing', record, waitsFor: 'release' },
    effects: [{ kind: 'disarm', timer: 'deadline' }, { kind: 'write', before: record, change }, timeOut],
  };
}

function released(before: Effects = []): Result {
  return { state: { role: 'stopped' }, effects: [...before, { kind: 'released' }] };
}

function leads(record: LeaseRecord, sentMs: number, nowMs: number, before: Effects): Result {
  return {
    state: { role: 'leader', record, renewedMs: sentMs, asking: 'nothing' },
    effects: [
      ...before,
      { kind: 'arm', timer: 'deadline', delayMs: Math.max(0, sentMs + renewDeadlineMs - nowMs) },
      retryLater,
    ],
  };
}

function stopLeading(reason: string): Result {
  return {
    state: { role: 'follower', observed: undefined, asking: 'nothing' },
    effects: [
      { kind: 'cancel' },
      answered,
      { kind: 'disarm', timer: 'deadline' },
      { kind: 'lost', reason },
      retryLater,
    ],
  };
}

function write(state: State<'follower' | 'leader'>, before: LeaseRecord | undefined, change: LeaseChange): Result {
  return { state: { ...state, asking: 'write' }, effects: [{ kind: 'write', before, change }, timeOut] };
}

function acquire(identity: string, before: LeaseRecord | undefined): LeaseChange {
  const transitions = before === undefined ? 0 : before.transitions + 1;
  return { act: 'acquire', holder: identity, transitions, durationSeconds: leaseDurationSeconds };
}

function renew(identity: string, { transitions }: LeaseRecord): LeaseChange {
  return { act: 'renew', holder: identity, transitions, durationSeconds: leaseDurationSeconds };
}

function isStatus(answer: Extract<KubeAnswer, { kind: 'failed' }>, code: number): boolean {
  return answer.error.kind === 'status' && answer.error.code === code;
}
