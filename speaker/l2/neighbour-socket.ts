// The packet socket of one neighbour protocol on one interface (shell): opened, kept filtered for the addresses that matter here, and with it
// the groups in which those that are answered are asked for.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { FrameSender, type OutgoingFrame } from './frame-sender.ts';
import { GroupMemberships } from './group-memberships.ts';
import type { NeighbourProtocol, NumberedAddress } from './neighbour-protocol.ts';
import type { PacketSocket, PacketSockets, PacketSocketStatistics, SystemFailure } from './packet-socket.ts';

/** Longer than from one probe to the next, and from the last to the decision. */
const probingMs = 1_000;

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
  /** Addresses that are probed, each with what keeps its group from being left. */
  readonly #probing = new Map<Ip, Cancel>();
  #heard: readonly NumberedAddress[] = [];
  /** In which those that are answered are asked for, and how many of them in each. */
  readonly #groups = new Map<Ip, number>();

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

  get isOpen(): boolean {
    return this.#opened !== undefined;
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
        filter: this.#protocol.filter(this.#heard),
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
    groups.want(this.#groups.keys());
    this.#listener.changed();
  }

  /** What is said about these, and whatever is said to this station alone, is heard; the whole set. */
  hear(addresses: readonly NumberedAddress[]): void {
    this.#heard = addresses;
    this.#opened?.socket.setFilter(this.#protocol.filter(addresses));
  }

  /** Who asks all for one of these is heard, too, until `leave`; most important first. Not twice. */
  join(addresses: readonly NumberedAddress[]): void {
    const joined: Ip[] = [];
    for (const group of this.#groupsOf(addresses)) {
      const count = this.#groups.get(group) ?? 0;
      this.#groups.set(group, count + 1);
      if (count === 0) joined.push(group);
    }
    if (joined.length > 0) this.#opened?.groups.want(joined);
  }

  /** Ends what `join` began. */
  leave(addresses: readonly NumberedAddress[]): void {
    const left: Ip[] = [];
    for (const group of this.#groupsOf(addresses)) {
      const count = this.#groups.get(group) ?? 0;
      if (count > 1) this.#groups.set(group, count - 1);
      else if (this.#groups.delete(group)) left.push(group);
    }
    if (left.length > 0) this.#opened?.groups.unwant(left);
  }

  /** For so long as one probing takes: whoever probes an address must hear others that do (RFC 4862 §5.4.2). */
  joinForProbing(address: NumberedAddress): void {
    if (this.#protocol.groupOf(address) === undefined) return;
    const { clock, gapEnded } = this.#dependencies;
    const leaving = this.#probing.get(address.ip);
    if (leaving === undefined) this.join([address]);
    else leaving();
    const leave = (): void => {
      gapEnded();
      this.#probing.delete(address.ip);
      this.leave([address]);
    };
    this.#probing.set(address.ip, clock.after(probingMs, leave));
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

  /** Delivers what has come so far. */
  receiveWaiting(): void {
    this.#opened?.socket.receiveWaiting();
  }

  /** Throws away what waits to be sent or read. */
  discard(): void {
    this.#opened?.sender.forgetWaiting();
    this.#opened?.socket.discardReceived();
  }

  /** Silent when it returns. */
  close(): void {
    for (const cancel of this.#probing.values()) cancel();
    this.#probing.clear();
    this.#forget()?.socket.close();
  }

  #groupsOf(addresses: readonly NumberedAddress[]): readonly Ip[] {
    return addresses.flatMap((address) => this.#protocol.groupOf(address) ?? []);
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
