// One BFD session, run (shell): its engine between the clock, what is heard, and the socket from which it sends.
import type { Cancel, Clock, Untimed } from '#shared/runtime/clock.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { BfdSender, SessionPath } from '../bfd/bfd-sockets.ts';
import { encodeControlPacket, type BfdState, type ControlPacket } from '../bfd/control-packet.ts';
import { newSession, stepSession } from '../bfd/session.ts';
import type { Became, SessionEffect, SessionEvent, SessionState } from '../bfd/session-state.ts';
import { detectAtMs, receiveIntervalMs, wakeAtMs } from '../bfd/timing.ts';
import type { ObservedBfd, WantedBfd } from '../seam.ts';
import { settingsOf } from './bfd-wanted.ts';

export interface BfdSessionDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called first in every turn. */
  readonly gapEnded: () => void;
  /** Delivers what has come to the session's address so far. */
  readonly receiveWaiting: (path: SessionPath) => void;
  readonly changed: () => void;
  readonly counted: () => void;
}

/** Where it sends, once it can. */
export interface BfdVoice {
  readonly path: SessionPath;
  readonly sourcePort: number;
  readonly sender: BfdSender;
}

export class BfdSession {
  readonly #dependencies: BfdSessionDependencies;
  readonly #counters = { sent: 0, received: 0, dropped: 0, ups: 0, downs: 0 };
  #wanted: WantedBfd;
  #state: SessionState;
  #voice: BfdVoice | undefined;
  #failures = 0;
  #lastDetectionMs: number | undefined;
  #armed: { readonly atMs: number; readonly cancel: Cancel } | undefined;
  #left: (() => void) | undefined;

  constructor(wanted: WantedBfd, discriminator: number, dependencies: BfdSessionDependencies) {
    this.#wanted = wanted;
    this.#dependencies = dependencies;
    this.#state = newSession(discriminator, settingsOf(wanted), dependencies.clock.nowMs());
  }

  get wanted(): WantedBfd {
    return this.#wanted;
  }

  get discriminator(): number {
    return this.#state.discriminator;
  }

  get state(): BfdState {
    return this.#state.state;
  }

  get voice(): BfdVoice | undefined {
    return this.#voice;
  }

  /** From now on it sends there; undefined: nowhere. The one before is closed. */
  speak(voice: BfdVoice | undefined): void {
    this.#voice?.sender.close();
    this.#voice = voice;
    this.#arm();
  }

  /** Of the same peer: the session goes on. */
  configure(wanted: WantedBfd): void {
    this.#wanted = wanted;
    this.#dispatch({ kind: 'configure', settings: settingsOf(wanted) });
  }

  hear(packet: ControlPacket, hopLimit: number): void {
    if (hopLimit < this.#wanted.leastHopLimit || packet.authentication !== undefined) {
      this.#counters.dropped++;
    } else {
      this.#counters.received++;
      this.#dispatch({ kind: 'packet', packet });
    }
    this.#dependencies.counted();
  }

  /** This thread did not run for a while. */
  gap(): void {
    this.#dispatch({ kind: 'gap' });
  }

  /** Tells the peer that it ends on purpose, then calls back. */
  leave(left: () => void): void {
    this.#left = left;
    this.#dispatch({ kind: 'leave' });
    // Without a voice nothing can be told.
    if (this.#voice === undefined) this.#end();
  }

  /** At once, and without a word. */
  close(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
    this.#left = undefined;
    this.speak(undefined);
  }

  get observed(): ObservedBfd {
    const { remote, device, multihop, local } = this.#wanted;
    return {
      remote,
      local: this.#voice?.path.local ?? local,
      device,
      multihop,
      state: this.#state.state,
      peerAdminDown: this.#state.remote.state === 'adminDown',
      failures: this.#failures,
      lastDetectionMs: this.#lastDetectionMs,
      counters: { ...this.#counters },
    };
  }

  #dispatch(event: Untimed<SessionEvent>): void {
    const { clock, random } = this.#dependencies;
    const { state, effects } = stepSession(this.#state, { nowMs: clock.nowMs(), ...event }, random);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#arm();
  }

  #perform(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'send':
        if (this.#voice?.sender.send(encodeControlPacket(effect.packet)) === 'sent') this.#counters.sent++;
        this.#dependencies.counted();
        break;
      case 'became':
        this.#became(effect);
        break;
      case 'left':
        this.#end();
    }
  }

  #end(): void {
    const left = this.#left;
    this.close();
    left?.();
  }

  #became(change: Became): void {
    const { from, to, cause } = change;
    if (to === 'up') this.#counters.ups++;
    if (from === 'up') {
      this.#counters.downs++;
      if (isFailure(change)) this.#failures++;
      if (cause.kind === 'detectionTimeExpired') this.#lastDetectionMs = cause.silenceMs;
    }
    if (from === 'up' || to === 'up') this.#log(change);
    this.#dependencies.changed();
  }

  #log(change: Became): void {
    const { log } = this.#dependencies;
    const { remote, local, device } = this.observed;
    const { kind: cause, ...details } = change.cause;
    const fields = { remote, local, device, to: change.to, cause, ...details };
    if (isFailure(change)) log.warn(fields, 'a BFD session is down');
    else log.info(fields, change.to === 'up' ? 'a BFD session is up' : 'a BFD session was taken down');
  }

  /** What comes only moves deadlines away, mostly: a timer that is early looks again, and is not moved with each packet. */
  #arm(): void {
    const atMs = this.#voice === undefined && this.#state.heardAtMs === undefined ? Infinity : wakeAtMs(this.#state);
    if (this.#armed !== undefined && this.#armed.atMs <= atMs) return;
    this.#armed?.cancel();
    const { clock } = this.#dependencies;
    this.#armed =
      atMs === Infinity
        ? undefined
        : { atMs, cancel: clock.after(Math.max(0, atMs - clock.nowMs()), () => this.#wake(atMs)) };
  }

  #wake(dueMs: number): void {
    this.#armed = undefined;
    const { clock, gapEnded, receiveWaiting } = this.#dependencies;
    gapEnded();
    const nowMs = clock.nowMs();
    if (nowMs >= (detectAtMs(this.#state) ?? Infinity)) {
      // What came while this thread did not run still waits in the socket, and on its way through the kernel.
      if (this.#voice !== undefined) receiveWaiting(this.#voice.path);
      if (nowMs - dueMs > receiveIntervalMs(this.#state)) this.gap();
    }
    this.#dispatch({ kind: 'wake' });
  }
}

/** What is no one's purpose. */
function isFailure({ from, cause: { kind } }: Became): boolean {
  return from === 'up' && (kind === 'detectionTimeExpired' || kind === 'neighborSignalledDown');
}
