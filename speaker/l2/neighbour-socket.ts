// The packet socket of one neighbour protocol on one interface (shell): opened, kept filtered for the addresses that are answered, and with it
// the groups in which they are asked for.
import type { Ip } from '#shared/net/ip.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { NumberedAddress } from './answered-addresses.ts';
import { FrameSender, type OutgoingFrame } from './frame-sender.ts';
import { GroupMemberships } from './group-memberships.ts';
import type { NeighbourProtocol } from './neighbour-protocol.ts';
import type { PacketSocket, PacketSockets, PacketSocketStatistics, SystemFailure } from './packet-socket.ts';

export interface NeighbourSocketDependencies {
  readonly clock: Clock;
  readonly packetSockets: PacketSockets;
  /** Called first in every turn: true when this thread has just come back from a gap, so that what is in hand is old. */
  readonly gapEnded: () => boolean;
}

export interface NeighbourSocketListener {
  frame(bytes: Uint8Array): void;
  /** It was opened, refused or lost. */
  changed(): void;
  /** More addresses are ready. */
  ready(): void;
}

interface Opened {
  readonly socket: PacketSocket;
  readonly sender: FrameSender;
  readonly groups: GroupMemberships;
}

export class NeighbourSocket {
  readonly #protocol: NeighbourProtocol;
  readonly #interfaceIndex: number;
  readonly #dependencies: NeighbourSocketDependencies;
  readonly #listener: NeighbourSocketListener;
  #opened: Opened | undefined;
  #failure: SystemFailure | undefined;
  #addresses: readonly NumberedAddress[] = [];

  constructor(
    { protocol, interfaceIndex }: { readonly protocol: NeighbourProtocol; readonly interfaceIndex: number },
    dependencies: NeighbourSocketDependencies,
    listener: NeighbourSocketListener,
  ) {
    this.#protocol = protocol;
    this.#interfaceIndex = interfaceIndex;
    this.#dependencies = dependencies;
    this.#listener = listener;
  }

  /** Why there is no packet socket now. */
  get failure(): SystemFailure | undefined {
    return this.#failure;
  }

  /** Why a group was not joined: its addresses are announced, but neighbours may ask in vain. */
  get groupFailure(): SystemFailure | undefined {
    return this.#opened?.groups.failure;
  }

  /** Given up, of those sent through the socket that is open now. */
  get framesLost(): number {
    return this.#opened?.sender.lost ?? 0;
  }

  /** Of the socket that is open now. */
  statistics(): PacketSocketStatistics | undefined {
    return this.#opened?.socket.statistics();
  }

  /** Opens the packet socket if it is not, and tries again what else was refused. */
  open(): void {
    if (this.#opened !== undefined) {
      this.#opened.groups.retry();
      return;
    }
    const { packetSockets, clock, gapEnded } = this.#dependencies;
    const socket = packetSockets.open(
      {
        interfaceIndex: this.#interfaceIndex,
        etherType: this.#protocol.etherType,
        filter: this.#protocol.filter(this.#addresses),
      },
      { frame: (bytes) => this.#received(bytes), failed: (failure) => this.#lost(failure) },
    );
    if ('code' in socket) {
      const isNews = this.#failure?.code !== socket.code;
      this.#failure = socket;
      if (isNews) this.#listener.changed();
      return;
    }
    this.#failure = undefined;
    const groups = new GroupMemberships(socket, { clock, gapEnded, settled: () => this.#listener.ready() });
    this.#opened = { socket, sender: new FrameSender(socket, this.#dependencies), groups };
    groups.want(this.#groups());
    this.#listener.changed();
  }

  /** The whole set of addresses to listen for, most important first. */
  set(addresses: readonly NumberedAddress[]): void {
    this.#addresses = addresses;
    if (this.#opened === undefined) return;
    this.#opened.socket.setFilter(this.#protocol.filter(addresses));
    this.#opened.groups.want(this.#groups());
  }

  /** Who asks for the address is heard, so that it may be announced. */
  isReady(address: NumberedAddress): boolean {
    if (this.#opened === undefined) return false;
    const group = this.#protocol.groupOf(address);
    return group === undefined || this.#opened.groups.isSettled(group);
  }

  send(frame: OutgoingFrame): void {
    this.#opened?.sender.send(frame);
  }

  /** Throws away what waits to be sent or read. */
  discard(): void {
    this.#opened?.sender.forgetWaiting();
    this.#opened?.socket.discardReceived();
  }

  /** Silent when it returns. */
  close(): void {
    this.#forget()?.socket.close();
  }

  #groups(): ReadonlySet<Ip> {
    const groups = new Set<Ip>();
    for (const address of this.#addresses) {
      const group = this.#protocol.groupOf(address);
      if (group !== undefined) groups.add(group);
    }
    return groups;
  }

  #received(bytes: Uint8Array): void {
    if (!this.#dependencies.gapEnded()) this.#listener.frame(bytes);
  }

  #lost(failure: SystemFailure): void {
    this.#forget();
    this.#failure = failure;
    this.#listener.changed();
  }

  #forget(): Opened | undefined {
    const opened = this.#opened;
    opened?.sender.forgetWaiting();
    opened?.groups.close();
    this.#opened = undefined;
    return opened;
  }
}
