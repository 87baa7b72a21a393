// The packet sockets that a simulated kernel gives to one program (packet(7)).
import type {
  PacketSocket,
  PacketSocketListener,
  PacketSocketOptions,
  PacketSockets,
  SendOutcome,
  SystemFailure,
} from '#speaker/l2/packet-socket.ts';
import type { Frame } from '../lan/frame.ts';
import { readU16 } from '../lan/octets.ts';
import type { ArrivalType } from '../lan/segment.ts';
import type { Thread } from '../thread.ts';
import type { Kernel } from './kernel.ts';
import type { Nic } from './nic.ts';
import { SimulatedPacketSocket } from './packet-socket.ts';

const frameCostUs = 20;
const interfaceDown: SystemFailure = { call: 'recv', code: 'ENETDOWN' };
const etherTypeOffset = 12;

export interface OpenSocket {
  readonly socket: SimulatedPacketSocket;
  readonly nic: Nic;
  readonly etherType: number;
}

export class KernelPacketSockets implements PacketSockets {
  readonly #kernel: Kernel;
  readonly #thread: Thread;
  readonly #open = new Set<OpenSocket>();
  /** While set, the program may open none: it lacks a capability. */
  refusal: SystemFailure | undefined;

  constructor(kernel: Kernel, thread: Thread) {
    this.#kernel = kernel;
    this.#thread = thread;
  }

  get sockets(): ReadonlySet<OpenSocket> {
    return this.#open;
  }

  open(options: PacketSocketOptions, listener: PacketSocketListener): PacketSocket | SystemFailure {
    this.#thread.assertTurn();
    if (this.refusal !== undefined) return this.refusal;
    const nic = this.#kernel.nics.find(({ index }) => index === options.interfaceIndex);
    if (nic === undefined) return { call: 'bind', code: 'ENODEV' };
    const socket: SimulatedPacketSocket = new SimulatedPacketSocket(options, listener, {
      transmit: (frame) => this.#transmit(nic, frame),
      waits: () => this.#thread.receive(() => socket.readOne(), frameCostUs),
      filterChanged: () => this.#kernel.answeringChanged(),
      closed: () => {
        this.#open.delete(opened);
        this.#kernel.answeringChanged();
      },
    });
    const opened: OpenSocket = { socket, nic, etherType: options.etherType };
    this.#open.add(opened);
    if (!nic.isUp) this.#fail(opened);
    this.#kernel.answeringChanged();
    return socket;
  }

  /** Some socket on the interface is a member of the group with this MAC address. */
  isMember(nic: Nic, group: number): boolean {
    for (const { socket, nic: on } of this.#open) if (on === nic && socket.groupMacs.has(group)) return true;
    return false;
  }

  /** A frame came in on the interface. */
  arrive(nic: Nic, frame: Frame, type: ArrivalType): void {
    for (const opened of this.#open) {
      if (opened.nic !== nic || opened.etherType !== readU16(frame.bytes, etherTypeOffset)) continue;
      opened.socket.arrive(frame.bytes, type);
    }
  }

  /** The interface was switched off or went away. */
  failOn(nic: Nic): void {
    for (const opened of this.#open) if (opened.nic === nic) this.#fail(opened);
  }

  closeAll(): void {
    for (const { socket } of this.#open) socket.close();
  }

  /** Without a carrier the frame is taken all the same, and dropped. */
  #transmit(nic: Nic, frame: Uint8Array): SendOutcome {
    this.#thread.assertTurn();
    if (!nic.isUp) return 'failed';
    this.#kernel.send(nic, frame);
    return 'sent';
  }

  /** The program learns it when it reads. */
  #fail(opened: OpenSocket): void {
    this.#thread.receive(() => {
      if (this.#open.has(opened)) opened.socket.fail(interfaceDown);
    }, frameCostUs);
  }
}
