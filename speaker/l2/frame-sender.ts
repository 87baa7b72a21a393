// Sends frames through a packet socket whose queue may be full for a moment: a few more tries, then the frame is lost.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { PacketSocket } from './packet-socket.ts';

const maxRetries = 3;
const retryDelayMs = 1;
/** More frames than this waiting: further ones are lost at once. */
export const maxWaitingFrames = 1000;

export interface OutgoingFrame {
  readonly bytes: Uint8Array;
  /** Asked before every further try: what it says may no longer be true. */
  wanted(): boolean;
  /** The kernel has taken it. */
  sent(): void;
}

interface Waiting {
  readonly frame: OutgoingFrame;
  readonly retriesLeft: number;
}

export class FrameSender {
  readonly #socket: PacketSocket;
  readonly #clock: Clock;
  readonly #gapEnded: () => boolean;
  #waiting: Waiting[] = [];
  #retry: Cancel | undefined;
  #lost = 0;

  /** `gapEnded` is called first in every turn; whoever notices a gap forgets what waits. */
  constructor(socket: PacketSocket, { clock, gapEnded }: { readonly clock: Clock; readonly gapEnded: () => boolean }) {
    this.#socket = socket;
    this.#clock = clock;
    this.#gapEnded = gapEnded;
  }

  /** Frames given up, since the start. */
  get lost(): number {
    return this.#lost;
  }

  send(frame: OutgoingFrame): void {
    this.#try({ frame, retriesLeft: maxRetries });
  }

  /** Nothing that waits is sent any more. */
  forgetWaiting(): void {
    this.#retry?.();
    this.#retry = undefined;
    this.#waiting = [];
  }

  #try({ frame, retriesLeft }: Waiting): void {
    const outcome = this.#socket.send(frame.bytes);
    if (outcome === 'sent') frame.sent();
    else if (outcome === 'full' && retriesLeft > 0 && this.#waiting.length < maxWaitingFrames) {
      this.#waiting.push({ frame, retriesLeft: retriesLeft - 1 });
      this.#retry ??= this.#clock.after(retryDelayMs, () => this.#retryAll());
    } else this.#lost++;
  }

  #retryAll(): void {
    this.#gapEnded();
    const frames = this.#waiting;
    this.#waiting = [];
    this.#retry = undefined;
    for (const waiting of frames) if (waiting.frame.wanted()) this.#try(waiting);
  }
}
