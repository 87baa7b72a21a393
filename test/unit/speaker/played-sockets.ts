// Packet sockets with a test at the other end: it hands frames in and looks at those sent.
import assert from 'node:assert';
import { etherTypes } from '#speaker/l2/ethernet.ts';
import type {
  PacketSocket,
  PacketSocketListener,
  PacketSocketOptions,
  PacketSockets,
  SendOutcome,
  SystemFailure,
} from '#speaker/l2/packet-socket.ts';
import { SimulatedPacketSocket } from '#test/simulation/node/packet-socket.ts';

export class PlayedSocket extends SimulatedPacketSocket {
  readonly sent: Uint8Array[];
  /** What the next sends answer; `sent` when it runs out. */
  readonly outcomes: SendOutcome[];

  constructor(options: PacketSocketOptions, listener: PacketSocketListener, closed: () => void) {
    const sent: Uint8Array[] = [];
    const outcomes: SendOutcome[] = [];
    const transmit = (frame: Uint8Array): SendOutcome => {
      const outcome = outcomes.shift() ?? 'sent';
      if (outcome === 'sent') sent.push(frame);
      return outcome;
    };
    super(options, listener, { transmit, closed });
    this.sent = sent;
    this.outcomes = outcomes;
  }
}

export class PlayedSockets implements PacketSockets {
  /** While set, nothing can be opened. */
  refusal: SystemFailure | undefined;
  readonly #open = new Map<string, { readonly interfaceIndex: number; readonly socket: PlayedSocket }>();

  open(options: PacketSocketOptions, listener: PacketSocketListener): PacketSocket | SystemFailure {
    if (this.refusal !== undefined) return this.refusal;
    const key = keyOf(options.interfaceIndex, options.etherType);
    assert(!this.#open.has(key), 'one socket an interface and EtherType');
    const socket = new PlayedSocket(options, listener, () => this.#open.delete(key));
    this.#open.set(key, { interfaceIndex: options.interfaceIndex, socket });
    return socket;
  }

  /** Each once. */
  get openInterfaces(): readonly number[] {
    return [...new Set(Array.from(this.#open.values(), ({ interfaceIndex }) => interfaceIndex))];
  }

  isOpen(interfaceIndex: number, etherType: number): boolean {
    return this.#open.has(keyOf(interfaceIndex, etherType));
  }

  on(interfaceIndex: number, etherType: number = etherTypes.arp): PlayedSocket {
    const opened = this.#open.get(keyOf(interfaceIndex, etherType));
    assert(opened !== undefined, `no socket is open on interface ${interfaceIndex}`);
    return opened.socket;
  }
}

function keyOf(interfaceIndex: number, etherType: number): string {
  return `${interfaceIndex} ${etherType}`;
}
