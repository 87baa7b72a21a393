// The UDP sockets that a simulated kernel gives to its programs.
import type { SystemFailure } from '#speaker/l2/packet-socket.ts';
import type { UdpListener, UdpOptions, UdpSockets } from '#speaker/l2/udp-socket.ts';
import type { Frame } from '../lan/frame.ts';
import type { ArrivalType } from '../lan/segment.ts';
import type { Thread } from '../thread.ts';
import type { Nic } from './nic.ts';
import { UdpInterface, type UdpInterfaceDependencies } from './udp-interface.ts';
import { SimulatedUdpSocket } from './udp-socket.ts';

const firstFreePort = 32_768;
const lastFreePort = 60_999;
const noInterface: SystemFailure = { call: 'setsockopt', code: 'ENODEV' };
const noAddress: SystemFailure = { call: 'bind', code: 'EADDRNOTAVAIL' };

export interface KernelUdpDependencies extends UdpInterfaceDependencies {
  readonly nics: readonly Nic[];
}

export interface ProgramUdpSockets extends UdpSockets<unknown> {
  /** Datagrams that have come by the interface with this index and are not read. */
  unreadOn(interfaceIndex: number): number;
  /** The program is dead. */
  closeAll(): void;
}

export class KernelUdp {
  readonly #dependencies: KernelUdpDependencies;
  /** Those that programs have used. */
  readonly #interfaces = new Map<Nic, UdpInterface>();
  #nextFreePort = firstFreePort;

  constructor(dependencies: KernelUdpDependencies) {
    this.#dependencies = dependencies;
  }

  /** What a program gets that runs now. */
  forProgram(thread: Thread): ProgramUdpSockets {
    const mine = new Set<SimulatedUdpSocket>();
    type List = (on: UdpInterface) => SimulatedUdpSocket[];
    const open = (options: UdpOptions, listener: UdpListener<unknown>, listOf: List, mustBeOwn: boolean) => {
      thread.assertTurn();
      const on = this.#interface(options.interfaceIndex);
      if (on === undefined) return noInterface;
      if (mustBeOwn && !on.has(options.ip)) return noAddress;
      const socket: SimulatedUdpSocket = new SimulatedUdpSocket(this.#withPort(options), listener, {
        thread,
        transmit: (datagram, to) => on.transmit(socket, datagram, to),
        closed() {
          mine.delete(socket);
          listOf(on).splice(listOf(on).indexOf(socket), 1);
        },
      });
      mine.add(socket);
      listOf(on).push(socket);
      return socket;
    };
    return {
      unreadOn(interfaceIndex) {
        let unread = 0;
        for (const socket of mine) if (socket.interfaceIndex === interfaceIndex) unread += socket.unread;
        return unread;
      },
      open: (options, listener) => open(options, listener, ({ sockets }) => sockets, true),
      listenToGroup: (options, listener) => open(options, listener, ({ groupReceivers }) => groupReceivers, false),
      closeAll() {
        for (const socket of mine) socket.close();
      },
    };
  }

  /** A datagram came in on the interface, if the frame has one. */
  received(nic: Nic, { udp }: Frame, type: ArrivalType): void {
    if (udp !== undefined) this.#interfaces.get(nic)?.received(udp, type);
  }

  /** `isOurs`: it asks for an address of this machine. */
  heardNeighbour(nic: Nic, frame: Frame, type: ArrivalType, isOurs: boolean): void {
    this.#interfaces.get(nic)?.neighbours.heard(frame, type, isOurs);
  }

  /** Addresses or interfaces are others now. */
  networkChanged(): void {
    for (const on of this.#interfaces.values()) on.networkChanged();
  }

  /** The machine lost its memory. */
  forget(): void {
    for (const { neighbours } of this.#interfaces.values()) neighbours.forget();
  }

  #interface(index: number): UdpInterface | undefined {
    const nic = this.#dependencies.nics.find((candidate) => candidate.index === index);
    if (nic === undefined) return undefined;
    const known = this.#interfaces.get(nic) ?? new UdpInterface(nic, this.#dependencies);
    this.#interfaces.set(nic, known);
    return known;
  }

  #withPort(options: UdpOptions): UdpOptions {
    if (options.port !== 0) return options;
    const port = this.#nextFreePort;
    this.#nextFreePort = port === lastFreePort ? firstFreePort : port + 1;
    return { ...options, port };
  }
}
