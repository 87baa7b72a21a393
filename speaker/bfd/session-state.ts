// What a BFD session knows and what happens to it (RFC 5880 §6.8.1): asynchronous mode, without authentication or echo.
import type { BfdState, ControlPacket } from './control-packet.ts';

/** What a BFDProfile says; may change at any time without a reset. */
export interface SessionSettings {
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
  /** 1 to 255. */
  readonly detectMultiplier: number;
  /** Sends nothing before the peer does (RFC 5880 §6.1). */
  readonly passive: boolean;
}

/** What two systems negotiate. */
export interface Intervals {
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
}

/** What the peer's last packet said; of one that is not heard: the values of RFC 5880 §6.8.1. */
export interface Remote extends Intervals {
  /** 0: unknown. */
  readonly discriminator: number;
  readonly state: BfdState;
  readonly detectMultiplier: number;
  readonly demand: boolean;
}

export interface SessionState {
  /** Ours: never 0, and of no other session. */
  readonly discriminator: number;
  readonly settings: SessionSettings;
  readonly state: BfdState;
  readonly diagnostic: number;
  readonly remote: Remote;
  /** As our packets say. */
  readonly advertised: Intervals;
  /** As we keep to: the same, but for what has to wait for the end of a Poll Sequence (RFC 5880 §6.8.3). */
  readonly inForce: Intervals;
  /** `settling`: its Final has come, and may come again; the next one begins after a packet without Final (RFC 5880 §6.8.3). */
  readonly poll: 'none' | 'active' | 'settling';
  readonly sent: { readonly packet: ControlPacket; readonly atMs: number } | undefined;
  readonly transmitAtMs: number;
  readonly heardAtMs: number | undefined;
  /** After a gap of our own: the peer's silence is not judged before this. */
  readonly patientUntilMs: number | undefined;
  /** Packets that are still to say that we leave. */
  readonly farewells: number;
}

/** Each event carries the time at which its turn began, on the monotonic clock. */
export type SessionEvent = { readonly nowMs: number } & (
  | { readonly kind: 'packet'; readonly packet: ControlPacket }
  | { readonly kind: 'configure'; readonly settings: SessionSettings }
  /** Not before `wakeAtMs`; all that has come is heard. */
  | { readonly kind: 'wake' }
  /** This program did not run for a while, or its whole machine: what the peer sent meanwhile may be lost. */
  | { readonly kind: 'gap' }
  /** Goes down on purpose, and says so. */
  | { readonly kind: 'leave' }
);

export type ChangeCause =
  | { readonly kind: 'heard' | 'neighborSignalledDown' | 'neighborAdminDown' | 'administrativelyDown' }
  | { readonly kind: 'detectionTimeExpired'; readonly silenceMs: number };

export interface Became {
  readonly kind: 'became';
  readonly from: BfdState;
  readonly to: BfdState;
  readonly cause: ChangeCause;
}

export type SessionEffect =
  | { readonly kind: 'send'; readonly packet: ControlPacket }
  | Became
  /** The peer has been told: nothing is sent any more. */
  | { readonly kind: 'left' };

export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}
