// An interface on a LAN that another interface of this machine speaks on already (shell; layer2 §2): it only listens, for as long as the two
// are one LAN.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { SegmentInterface } from './segment-runner.ts';
import { SegmentSockets, type SegmentSocketsDependencies } from './segment-sockets.ts';

/** Without a word of this process for so long it is a LAN of its own: three times the longest time between two HELLOs to few members. */
const aloneMs = 180_000;

export class Shadow {
  readonly on: SegmentInterface;
  /** Name of the interface that speaks. */
  readonly speaking: string;
  readonly #dependencies: SegmentSocketsDependencies;
  readonly #ended: () => void;
  readonly #sockets: SegmentSockets;
  #end: Cancel;

  /** `ended`: nothing of this process is heard here any more. */
  constructor(on: SegmentInterface, speaking: string, dependencies: SegmentSocketsDependencies, ended: () => void) {
    this.on = on;
    this.speaking = speaking;
    this.#dependencies = dependencies;
    this.#ended = ended;
    this.#sockets = new SegmentSockets(on, dependencies, {
      message() {},
      heardItself: () => this.#heard(),
      retired() {},
      changed() {},
    });
    this.#end = this.#endLater();
    this.open();
  }

  open(): void {
    this.#sockets.open();
  }

  close(): void {
    this.#end();
    this.#sockets.close();
  }

  #heard(): void {
    this.#end();
    this.#end = this.#endLater();
  }

  #endLater(): Cancel {
    return this.#dependencies.clock.after(aloneMs, () => {
      this.#dependencies.gapEnded();
      this.#ended();
    });
  }
}
