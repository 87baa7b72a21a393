// An ether in memory for UDP between several parties, with a test that looks on: it sees what is sent, loses what it likes, and refuses or
// breaks the sockets of a party. Without cost or delay; what is sent is read after the turn in which it was.
import type { Cancel } from '#shared/runtime/clock.ts';

import type { Ip } from '#shared/net/ip.ts';
import type { SendOutcome, SystemFailure } from '#speaker/l2/packet-socket.ts';
import type {
  UdpEndpoint,
  UdpListener,
  UdpOptions,
  UdpReceiver,
  UdpSocket,
  UdpSockets,
  UdpStatistics,
} from '#speaker/l2/udp-socket.ts';
import type { Scheduler } from '#test/simulation/time/scheduler.ts';

export interface SentDatagram {
  readonly party: string;
  readonly lan: number;
  readonly source: UdpEndpoint;
  readonly to: UdpEndpoint;
  readonly octets: Uint8Array;
}

/** Which of the ether's LANs an interface of a party is on. */
export type LanOf = (interfaceIndex: number) => number;

const firstFreePort = 32_768;

export class PlayedEther {
  /** All that was sent, lost or not. */
  readonly sent: SentDatagram[] = [];
  readonly #scheduler: Scheduler;
  readonly #open = new Set<PlayedUdpSocket>();
  readonly #losses = new Set<(datagram: SentDatagram) => boolean>();
  #nextFreePort = firstFreePort;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Parties hear each other on interfaces of one LAN; if not said otherwise, on those of one index. */
  socketsOf(party: string, lanOf: LanOf = (index) => index): PlayedUdpSockets {
    return new PlayedUdpSockets(party, {
      opened: (options, listener, role) =>
        this.#opened({ party, lan: lanOf(options.interfaceIndex), role }, options, listener),
      allOpen: () => [...this.#open].filter((socket) => socket.place.party === party),
    });
  }

  /** What the predicate holds for is sent and not heard, until it is cancelled. */
  lose(isLost: (datagram: SentDatagram) => boolean): Cancel {
    this.#losses.add(isLost);
    return () => this.#losses.delete(isLost);
  }

  /** A datagram of nobody's, as a forger would send it. */
  inject(datagram: SentDatagram): void {
    this.#carry(datagram);
  }

  #opened(place: Place, options: UdpOptions, listener: UdpListener): PlayedUdpSocket {
    const bound = { ip: options.ip, port: options.port === 0 ? this.#nextFreePort++ : options.port };
    const socket: PlayedUdpSocket = new PlayedUdpSocket(place, bound, listener, {
      transmit: (octets, to) => this.#carry({ party: place.party, lan: place.lan, source: bound, to, octets }),
      later: (work) => void this.#scheduler.after(0, work),
      closed: () => void this.#open.delete(socket),
    });
    this.#open.add(socket);
    return socket;
  }

  #carry(datagram: SentDatagram): void {
    this.sent.push(datagram);
    for (const isLost of this.#losses) if (isLost(datagram)) return;
    const { lan, to } = datagram;
    const hearing = [...this.#open].filter(
      ({ place, bound }) => place.lan === lan && bound.ip === to.ip && bound.port === to.port,
    );
    const groups = hearing.filter(({ place }) => place.role === 'group');
    const youngest = hearing.findLast(({ place }) => place.role === 'socket');
    for (const socket of youngest === undefined ? groups : [...groups, youngest]) socket.arrive(datagram);
  }
}

interface Place {
  readonly party: string;
  readonly lan: number;
  readonly role: 'socket' | 'group';
}

interface PartyEther {
  opened(options: UdpOptions, listener: UdpListener, role: Place['role']): PlayedUdpSocket;
  allOpen(): readonly PlayedUdpSocket[];
}

/** The UDP sockets of one party. */
export class PlayedUdpSockets implements UdpSockets {
  readonly party: string;
  /** While set, nothing can be opened. */
  refusal: SystemFailure | undefined;
  /** Only for these addresses; undefined: for any. */
  refusedIps: readonly Ip[] | undefined;
  readonly #ether: PartyEther;

  constructor(party: string, ether: PartyEther) {
    this.party = party;
    this.#ether = ether;
  }

  open(options: UdpOptions, listener: UdpListener): UdpSocket | SystemFailure {
    return this.#refusalOf(options) ?? this.#ether.opened(options, listener, 'socket');
  }

  listenToGroup(options: UdpOptions, listener: UdpListener): UdpReceiver | SystemFailure {
    return this.#refusalOf(options) ?? this.#ether.opened(options, listener, 'group');
  }

  /** What is open now, in the order in which it was opened, as `group 224.0.0.254 7946` or `socket 192.0.2.1 7946`. */
  get listed(): readonly string[] {
    return this.#ether.allOpen().map(({ place, bound }) => `${place.role} ${bound.ip} ${bound.port}`);
  }

  /** All of them break. */
  fail(failure: SystemFailure): void {
    for (const socket of this.#ether.allOpen()) socket.fail(failure);
  }

  #refusalOf({ ip }: UdpOptions): SystemFailure | undefined {
    return this.refusedIps === undefined || this.refusedIps.includes(ip) ? this.refusal : undefined;
  }
}

interface SocketOwner {
  transmit(octets: Uint8Array, to: UdpEndpoint): void;
  later(work: () => void): void;
  closed(): void;
}

class PlayedUdpSocket implements UdpSocket {
  readonly place: Place;
  readonly bound: UdpEndpoint;
  readonly #listener: UdpListener;
  readonly #owner: SocketOwner;
  #waiting: SentDatagram[] = [];
  #isOpen = true;
  #received = 0;
  #sent = 0;

  constructor(place: Place, bound: UdpEndpoint, listener: UdpListener, owner: SocketOwner) {
    this.place = place;
    this.bound = bound;
    this.#listener = listener;
    this.#owner = owner;
  }

  get port(): number {
    return this.bound.port;
  }

  send(datagram: Uint8Array, to: UdpEndpoint): SendOutcome {
    if (!this.#isOpen) return 'failed';
    this.#sent++;
    this.#owner.transmit(datagram.slice(), to);
    return 'sent';
  }

  receiveWaiting(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#received++;
      this.#listener.datagram(next.octets, next.source);
    }
  }

  statistics(): UdpStatistics {
    return { received: this.#received, sent: this.#sent, sendErrors: new Map(), kernelDrops: 0 };
  }

  close(): void {
    this.#isOpen = false;
    this.#waiting = [];
    this.#owner.closed();
  }

  arrive(datagram: SentDatagram): void {
    this.#waiting.push(datagram);
    this.#owner.later(() => this.receiveWaiting());
  }

  fail(failure: SystemFailure): void {
    this.close();
    this.#listener.failed(failure);
  }
}
