// When a BFD session sends, and when the peer's silence has lasted too long (RFC 5880 §6.8.2 to §6.8.4, §6.8.7).
import type { Random } from '#shared/runtime/random.ts';
import type { Intervals, SessionState } from './session-state.ts';

/** While a session is not Up, it says that it will not send more often (RFC 5880 §6.8.3). */
const slowUs = 1_000_000;
const randomValues = 2 ** 32;
/** Each interval is cut by this share at most, so that systems do not march in step… */
const mostJitter = 0.25;
/** …and with a multiplier of 1, where one late packet is one too many, by this at least. */
const leastJitterOfOne = 0.1;

/** What the settings ask for, in this state. */
export function wantedIntervals({ settings, state }: Pick<SessionState, 'settings' | 'state'>): Intervals {
  const { desiredMinTxUs, requiredMinRxUs } = settings;
  return { desiredMinTxUs: state === 'up' ? desiredMinTxUs : Math.max(desiredMinTxUs, slowUs), requiredMinRxUs };
}

/** During a Poll Sequence while Up: no slower than the peer knows, and no less patient. */
export function cautiousIntervals(one: Intervals, other: Intervals): Intervals {
  return {
    desiredMinTxUs: Math.min(one.desiredMinTxUs, other.desiredMinTxUs),
    requiredMinRxUs: Math.max(one.requiredMinRxUs, other.requiredMinRxUs),
  };
}

export function sameIntervals(one: Intervals, other: Intervals): boolean {
  return one.desiredMinTxUs === other.desiredMinTxUs && one.requiredMinRxUs === other.requiredMinRxUs;
}

/** Negotiated, before jitter. */
export function transmitIntervalMs({ inForce, remote }: SessionState): number {
  return Math.max(inForce.desiredMinTxUs, remote.requiredMinRxUs) / 1000;
}

/** Until the next periodic packet. */
export function jitteredMs(state: SessionState, random: Random): number {
  const least = state.settings.detectMultiplier === 1 ? leastJitterOfOne : 0;
  const jitter = least + (random.next32() / randomValues) * (mostJitter - least);
  return transmitIntervalMs(state) * (1 - jitter);
}

/** The peer sends at least this often. */
export function receiveIntervalMs({ inForce, remote }: SessionState): number {
  return Math.max(inForce.requiredMinRxUs, remote.desiredMinTxUs) / 1000;
}

export function detectionTimeMs(state: SessionState): number {
  return state.remote.detectMultiplier * receiveIntervalMs(state);
}

/** Undefined: nobody is heard who could fall silent. */
export function detectAtMs(state: SessionState): number | undefined {
  const { heardAtMs, patientUntilMs = -Infinity } = state;
  return heardAtMs === undefined ? undefined : Math.max(heardAtMs + detectionTimeMs(state), patientUntilMs);
}

/** Anything: a passive session waits for the peer (RFC 5880 §6.8.7). */
export function maySend({ settings, remote }: SessionState): boolean {
  return !settings.passive || remote.discriminator !== 0;
}

/** Without being asked: not to a peer that wants none, nor to one in Demand mode but for a Poll Sequence (RFC 5880 §6.8.7). */
export function sendsPeriodically(state: SessionState): boolean {
  const { remote, poll } = state;
  const isDemandActive = remote.demand && state.state === 'up' && remote.state === 'up' && poll !== 'active';
  return maySend(state) && remote.requiredMinRxUs > 0 && !isDemandActive;
}

/** When the session wants its next `wake`; Infinity: not before something else happens. */
export function wakeAtMs(state: SessionState): number {
  if (state.state === 'adminDown') return state.farewells > 0 ? state.transmitAtMs : Infinity;
  return Math.min(sendsPeriodically(state) ? state.transmitAtMs : Infinity, detectAtMs(state) ?? Infinity);
}
