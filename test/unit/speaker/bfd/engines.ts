// Two engines with a channel between them on virtual time: what is sent is lost or late as the test says, and comes in the order it was sent.
import type { Cancel, Untimed } from '#shared/runtime/clock.ts';
import type { Random } from '#shared/runtime/random.ts';
import { decodeControlPacket, encodeControlPacket } from '#speaker/bfd/control-packet.ts';
import { newSession, stepSession } from '#speaker/bfd/session.ts';
import type { Became, SessionEvent, SessionSettings, SessionState } from '#speaker/bfd/session-state.ts';
import { wakeAtMs } from '#speaker/bfd/timing.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { randomFor } from '#test/simulation/time/random.ts';

interface Transit {
  readonly lost: boolean;
  readonly delayMs: number;
}

export type Side = 'one' | 'other';

/** What becomes of a packet that is sent now. */
export type Channel = (nowMs: number, from: Side) => Transit;

export class EnginePair {
  readonly clock = new VirtualClock();
  readonly one: PlayedEngine;
  readonly other: PlayedEngine;

  constructor(settings: readonly [SessionSettings, SessionSettings], channel: Channel, seed = 1) {
    this.one = new PlayedEngine(1001, settings[0], this.clock, randomFor(seed, 'one'), (octets) =>
      this.#carry(octets, channel(this.clock.nowMs(), 'one'), this.other),
    );
    this.other = new PlayedEngine(2002, settings[1], this.clock, randomFor(seed, 'other'), (octets) =>
      this.#carry(octets, channel(this.clock.nowMs(), 'other'), this.one),
    );
  }

  get states(): readonly string[] {
    return [this.one.state.state, this.other.state.state];
  }

  advance(ms: number): this {
    this.clock.advance(ms);
    return this;
  }

  #carry(octets: Uint8Array, { lost, delayMs }: Transit, to: PlayedEngine): void {
    if (lost) return;
    const nowMs = this.clock.nowMs();
    to.arrivesMs = Math.max(to.arrivesMs, nowMs + delayMs);
    this.clock.after(to.arrivesMs - nowMs, () => to.hear(octets));
  }
}

class PlayedEngine {
  state: SessionState;
  /** When the last that was sent to it comes. */
  arrivesMs = 0;
  readonly changes: (Became & { readonly atMs: number })[] = [];
  readonly sentAtMs: number[] = [];
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #send: (octets: Uint8Array) => void;
  #wake: Cancel = () => {};

  constructor(
    discriminator: number,
    settings: SessionSettings,
    clock: VirtualClock,
    random: Random,
    send: (octets: Uint8Array) => void,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#send = send;
    this.state = newSession(discriminator, settings, clock.nowMs());
    this.#arm();
  }

  hear(octets: Uint8Array): void {
    const packet = decodeControlPacket(octets);
    const isForMe = packet.yourDiscriminator === 0 || packet.yourDiscriminator === this.state.discriminator;
    if (isForMe) this.do({ kind: 'packet', packet });
  }

  get becameDown(): readonly string[] {
    return this.changes.filter(({ to }) => to === 'down').map(({ atMs, cause }) => `${cause.kind} at ${atMs}`);
  }

  do(event: Untimed<SessionEvent>): void {
    const nowMs = this.#clock.nowMs();
    const { state, effects } = stepSession(this.state, { nowMs, ...event }, this.#random);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'became') this.changes.push({ ...effect, atMs: nowMs });
      if (effect.kind !== 'send') continue;
      this.sentAtMs.push(nowMs);
      this.#send(encodeControlPacket(effect.packet));
    }
    this.#arm();
  }

  #arm(): void {
    this.#wake();
    const atMs = wakeAtMs(this.state);
    // The clock counts whole microseconds.
    const delayMs = Math.ceil((atMs - this.#clock.nowMs()) * 1000) / 1000;
    if (atMs !== Infinity) this.#wake = this.#clock.after(Math.max(0, delayMs), () => this.do({ kind: 'wake' }));
  }
}
