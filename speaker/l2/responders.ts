// One responder on every suitable interface (shell): opened and closed as interfaces come and go, each given the addresses that are answered
// there.
import type { Family } from '#shared/net/ip.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { HostNetworkState } from './host-network.ts';
import type { PacketSockets } from './packet-socket.ts';
import { answeredOn, type OwnedAddress } from './answered-addresses.ts';
import { PacketResponder } from './packet-responder.ts';
import { chooseInterfaces, type SuitableInterface, type UnsuitableInterface } from './suitable-interfaces.ts';

/** A socket that could not be opened, or a group that could not be joined, is tried again this often, besides at every change of the interfaces. */
const reopenMs = 10_000;

export interface RespondersDependencies {
  readonly clock: Clock;
  readonly packetSockets: PacketSockets;
  readonly log: Log;
  readonly gapEnded: () => boolean;
  readonly changed: (what: 'counters' | 'carrier' | 'state') => void;
}

/** What the responders are to do. */
export interface Assignment {
  readonly generation: number;
  /** Most important first. */
  readonly owned: readonly OwnedAddress[];
  readonly excludedInterfaces: readonly RegExp[];
}

export class Responders {
  readonly #dependencies: RespondersDependencies;
  readonly #byIndex = new Map<number, PacketResponder>();
  #network: HostNetworkState = { links: new Map(), addresses: [], gateways: [] };
  #assignment: Assignment = { generation: 0, owned: [], excludedInterfaces: [] };
  #unsuitable: readonly UnsuitableInterface[] = [];
  /** Those that have not got the newest assignment yet; each gets it in a turn of its own. */
  #outdated = new Set<PacketResponder>();
  #assigning: Cancel | undefined;
  #reopening: Cancel;
  #generation = 0;

  constructor(dependencies: RespondersDependencies) {
    this.#dependencies = dependencies;
    this.#reopening = this.#reopenLater();
  }

  /** The newest generation that every responder has. */
  get generation(): number {
    return this.#generation;
  }

  get all(): readonly PacketResponder[] {
    return [...this.#byIndex.values()];
  }

  /** What they are to answer, wherever. */
  get owned(): readonly OwnedAddress[] {
    return this.#assignment.owned;
  }

  get unsuitable(): readonly UnsuitableInterface[] {
    return this.#unsuitable;
  }

  networkChanged(network: HostNetworkState): void {
    this.#network = network;
    const carrierBefore = this.#carriers();
    this.#matchInterfaces();
    this.#openRefused();
    this.#dependencies.changed(this.#carriers() === carrierBefore ? 'state' : 'carrier');
  }

  assign(assignment: Assignment): void {
    this.#assignment = assignment;
    this.#outdated = new Set(this.#byIndex.values());
    this.#matchInterfaces();
    this.#assignNext();
  }

  /** This thread has just come back from not running. */
  gap(): void {
    for (const responder of this.#byIndex.values()) responder.gap();
  }

  /** Silent when it returns. */
  close(): void {
    this.#reopening();
    this.#assigning?.();
    for (const responder of this.#byIndex.values()) responder.close();
    this.#byIndex.clear();
  }

  #matchInterfaces(): void {
    const { suitable, unsuitable } = chooseInterfaces(this.#network, this.#assignment.excludedInterfaces);
    this.#unsuitable = unsuitable;
    const indices = new Set(suitable.map(({ index }) => index));
    for (const [index, responder] of this.#byIndex) if (!indices.has(index)) this.#remove(index, responder);
    for (const on of suitable) {
      const responder = this.#byIndex.get(on.index);
      if (responder === undefined) this.#add(on);
      else if (!deepEqual(responder.on, on)) this.#update(responder, on);
    }
  }

  #add(on: SuitableInterface): void {
    const { clock, packetSockets, gapEnded, changed } = this.#dependencies;
    const responder = new PacketResponder(on, {
      clock,
      packetSockets,
      gapEnded,
      counted: () => changed('counters'),
      socketChanged: (family) => {
        this.#logSocket(responder, family);
        changed('state');
      },
    });
    this.#byIndex.set(on.index, responder);
    responder.open();
    this.#setAddresses(responder);
  }

  #logSocket({ on: { name, mac }, sockets }: PacketResponder, family: Family): void {
    const { log } = this.#dependencies;
    const failure = sockets.get(family)?.failure;
    if (failure === undefined) log.info({ interface: name, mac, family }, 'interface carries announcements');
    else log.warn({ interface: name, family, ...failure }, 'interface carries no announcements: no packet socket');
  }

  #update(responder: PacketResponder, on: SuitableInterface): void {
    const before = responder.on;
    responder.update(on);
    this.#setAddresses(responder);
    const { name, mac, carrier } = on;
    const { log } = this.#dependencies;
    if (before.carrier !== carrier) log.info({ interface: name, carrier }, 'carrier changed');
    if (before.mac !== mac) log.info({ interface: name, before: before.mac, mac }, 'MAC address changed');
    if (before.name !== name) log.info({ interface: name, before: before.name }, 'interface renamed');
  }

  #remove(index: number, responder: PacketResponder): void {
    responder.close();
    this.#byIndex.delete(index);
    this.#outdated.delete(responder);
    this.#dependencies.log.info({ interface: responder.on.name }, 'interface carries no announcements any more');
  }

  #setAddresses(responder: PacketResponder): void {
    responder.set(answeredOn(this.#assignment.owned, responder.on));
    this.#outdated.delete(responder);
  }

  #assignNext(): void {
    this.#assigning?.();
    for (const responder of this.#outdated) {
      this.#setAddresses(responder);
      this.#assigning = this.#dependencies.clock.after(0, () => this.#assignNext());
      return;
    }
    this.#generation = this.#assignment.generation;
    this.#dependencies.changed('state');
  }

  /** Which interfaces can be spoken on, as text to compare. */
  #carriers(): string {
    return [...this.#byIndex].flatMap(([index, { on }]) => (on.carrier ? [index] : [])).join();
  }

  #openRefused(): void {
    for (const responder of this.#byIndex.values()) responder.open();
  }

  #reopenLater(): Cancel {
    return this.#dependencies.clock.after(reopenMs, () => {
      this.#dependencies.gapEnded();
      this.#openRefused();
      this.#reopening = this.#reopenLater();
    });
  }
}
