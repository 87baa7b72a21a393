// A network in memory for BFD between several machines, with a test that looks on: it sees what is sent, loses what it likes, and takes addresses
// and ports away. Without cost or delay; what is sent is read after the turn in which it was.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import {
  portOf,
  type BfdListener,
  type BfdReceiver,
  type BfdSender,
  type BfdSockets,
  type LocalPath,
  type SessionPath,
} from '#speaker/bfd/bfd-sockets.ts';
import { decodeControlPacket, type ControlPacket } from '#speaker/bfd/control-packet.ts';
import type { SendOutcome, SystemFailure } from '#speaker/l2/packet-socket.ts';
import type { Scheduler } from '#test/simulation/time/scheduler.ts';

export interface SentBfd {
  readonly from: Ip;
  readonly sourcePort: number;
  readonly to: Ip;
  readonly port: number;
  readonly hopLimit: number;
  readonly octets: Uint8Array;
}

export class PlayedBfdNetwork {
  /** All that was sent, lost or not. */
  readonly sent: SentBfd[] = [];
  readonly #scheduler: Scheduler;
  readonly #receivers = new Set<PlayedReceiver>();
  readonly #losses = new Set<(datagram: SentBfd) => boolean>();
  readonly #senders = new Set<string>();
  #heldUntilUs = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** The sockets of a machine with these addresses; the first of a family is the one that its kernel sends from. */
  socketsOf(addresses: readonly string[]): PlayedBfdSockets {
    return new PlayedBfdSockets(addresses, {
      listen: (path, listener) => this.#listen(path, listener),
      open: (path, sourcePort) => this.#open(path, sourcePort),
    });
  }

  /** What the predicate holds for is sent and not heard, until it is cancelled. */
  lose(isLost: (datagram: SentBfd) => boolean): Cancel {
    this.#losses.add(isLost);
    return () => this.#losses.delete(isLost);
  }

  /** What comes within this time is read only when somebody asks for it, or when it is over. */
  holdFor(ms: number): void {
    this.#heldUntilUs = this.#scheduler.nowUs + ms * 1000;
  }

  /** As a stranger, or a router on the way, would send it. */
  carry(datagram: SentBfd): void {
    this.sent.push(datagram);
    for (const isLost of this.#losses) if (isLost(datagram)) return;
    for (const receiver of this.#receivers) if (receiver.hears(datagram)) receiver.arrive(datagram);
  }

  /** What is open now, as `192.0.2.1:3784`. */
  get listening(): readonly string[] {
    return [...this.#receivers].map(({ path }) => `${path.local}:${portOf(path)}`);
  }

  /** Addresses and ports that are sent from. */
  get speaking(): readonly string[] {
    return [...this.#senders];
  }

  packetsFrom(ip: string): readonly ControlPacket[] {
    return this.sent.filter(({ from }) => from === ip).map(({ octets }) => decodeControlPacket(octets));
  }

  /** All sockets that listen break. */
  fail(failure: SystemFailure): void {
    for (const receiver of this.#receivers) receiver.fail(failure);
  }

  #listen(path: LocalPath, listener: BfdListener): BfdReceiver | SystemFailure {
    const isTaken = [...this.#receivers].some(
      (other) => other.path.local === path.local && portOf(other.path) === portOf(path),
    );
    if (isTaken) return { call: 'bind', code: 'EADDRINUSE' };
    const receiver: PlayedReceiver = new PlayedReceiver(path, listener, {
      later: (work) => {
        const { nowUs } = this.#scheduler;
        this.#scheduler.at(this.#heldUntilUs > nowUs ? this.#heldUntilUs + 1 : nowUs, work);
      },
      closed: () => void this.#receivers.delete(receiver),
    });
    this.#receivers.add(receiver);
    return receiver;
  }

  #open(path: SessionPath, sourcePort: number): BfdSender | SystemFailure {
    const name = `${path.local}:${sourcePort}`;
    if (this.#senders.has(name)) return { call: 'bind', code: 'EADDRINUSE' };
    this.#senders.add(name);
    return {
      send: (octets): SendOutcome => {
        if (!this.#senders.has(name)) return 'failed';
        const { local: from, remote: to } = path;
        this.carry({ from, sourcePort, to, port: portOf(path), hopLimit: 255, octets: octets.slice() });
        return 'sent';
      },
      close: () => void this.#senders.delete(name),
    };
  }
}

export class PlayedBfdSockets implements BfdSockets {
  /** May be changed at any time. */
  addresses: readonly string[];
  /** While set, what listens is refused. */
  refusal: SystemFailure | undefined;
  readonly #network: Pick<BfdSockets, 'listen' | 'open'>;

  constructor(addresses: readonly string[], network: Pick<BfdSockets, 'listen' | 'open'>) {
    this.addresses = addresses;
    this.#network = network;
  }

  sourceTowards(remote: Ip): Ip | SystemFailure {
    const source = this.addresses.find((address) => address.includes(':') === remote.includes(':'));
    return source === undefined ? { call: 'connect', code: 'ENETUNREACH' } : (source as Ip);
  }

  listen(path: LocalPath, listener: BfdListener): BfdReceiver | SystemFailure {
    return this.refusal ?? this.#refusalOf(path) ?? this.#network.listen(path, listener);
  }

  open(path: SessionPath, sourcePort: number): BfdSender | SystemFailure {
    return this.#refusalOf(path) ?? this.#network.open(path, sourcePort);
  }

  #refusalOf({ local }: LocalPath): SystemFailure | undefined {
    return this.addresses.includes(local) ? undefined : { call: 'bind', code: 'EADDRNOTAVAIL' };
  }
}

interface ReceiverOwner {
  later(work: () => void): void;
  closed(): void;
}

class PlayedReceiver implements BfdReceiver {
  readonly path: LocalPath;
  readonly #listener: BfdListener;
  readonly #owner: ReceiverOwner;
  #waiting: SentBfd[] = [];

  constructor(path: LocalPath, listener: BfdListener, owner: ReceiverOwner) {
    this.path = path;
    this.#listener = listener;
    this.#owner = owner;
  }

  hears({ to, port, hopLimit }: SentBfd): boolean {
    return to === this.path.local && port === portOf(this.path) && (this.path.multihop || hopLimit === 255);
  }

  arrive(datagram: SentBfd): void {
    this.#waiting.push(datagram);
    this.#owner.later(() => this.receiveWaiting());
  }

  receiveWaiting(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#listener.datagram(next.octets, next.from, next.hopLimit);
    }
  }

  close(): void {
    this.#waiting = [];
    this.#owner.closed();
  }

  fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}
