// Packet sockets in memory: a test hands frames in and looks at those sent. The filter is the real one.
import assert from 'node:assert';
import type {
  PacketFilter,
  PacketSocket,
  PacketSocketListener,
  PacketSocketOptions,
  PacketSockets,
  PacketSocketStatistics,
  SendOutcome,
  SystemFailure,
} from '#speaker/l2/packet-socket.ts';
import { packetTypes } from '#speaker/l2/classic-bpf.ts';
import { runBpf } from './bpf-interpreter.ts';

export class SimulatedPacketSockets implements PacketSockets {
  /** While set, nothing can be opened. */
  refusal: SystemFailure | undefined;
  readonly #open = new Map<number, SimulatedPacketSocket>();

  open(options: PacketSocketOptions, listener: PacketSocketListener): PacketSocket | SystemFailure {
    if (this.refusal !== undefined) return this.refusal;
    assert(!this.#open.has(options.interfaceIndex), 'one socket an interface');
    const socket = new SimulatedPacketSocket(options, listener, () => this.#open.delete(options.interfaceIndex));
    this.#open.set(options.interfaceIndex, socket);
    return socket;
  }

  get openInterfaces(): readonly number[] {
    return [...this.#open.keys()];
  }

  on(interfaceIndex: number): SimulatedPacketSocket {
    const socket = this.#open.get(interfaceIndex);
    assert(socket !== undefined, `no socket is open on interface ${interfaceIndex}`);
    return socket;
  }
}

export class SimulatedPacketSocket implements PacketSocket {
  readonly sent: Uint8Array[] = [];
  /** What the next sends answer; `sent` when it runs out. */
  readonly outcomes: SendOutcome[] = [];
  readonly #listener: PacketSocketListener;
  readonly #closed: () => void;
  readonly #queue: Uint8Array[] = [];
  #filter: PacketFilter;
  #isOpen = true;
  #received = 0;
  #filterReplacements = 0;

  constructor(options: PacketSocketOptions, listener: PacketSocketListener, closed: () => void) {
    this.#filter = options.filter;
    this.#listener = listener;
    this.#closed = closed;
  }

  send(frame: Uint8Array): SendOutcome {
    if (!this.#isOpen) return 'failed';
    const outcome = this.outcomes.shift() ?? 'sent';
    if (outcome === 'sent') this.sent.push(frame.slice());
    return outcome;
  }

  setFilter(filter: PacketFilter): void {
    this.#filter = filter;
    this.#filterReplacements++;
  }

  discardReceived(): number {
    return this.#queue.splice(0).length;
  }

  statistics(): PacketSocketStatistics {
    const [received, sent, filterReplacements] = [this.#received, this.sent.length, this.#filterReplacements];
    return { received, sent, sendErrors: new Map(), filterReplacements, kernelDrops: 0 };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closed();
  }

  /** A frame comes in; it waits until `read` if it passes the filter. */
  arrive(frame: Uint8Array, packetType: number = packetTypes.broadcast): void {
    if (this.#isOpen && runBpf(this.#filter.program, frame, packetType) > 0) this.#queue.push(frame);
  }

  /** The thread reads what waits. */
  read(): void {
    for (let frame = this.#queue.shift(); this.#isOpen && frame !== undefined; frame = this.#queue.shift()) {
      this.#received++;
      this.#listener.frame(frame);
    }
  }

  /** As when the interface goes down under it. */
  fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}
