// UDP on one interface of a simulated kernel: the sockets on it, who of them hears what, and how what they send gets on the wire.
import { familyOf, ipToBytes, isLinkLocalIp, type Ip } from '#shared/net/ip.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { UdpEndpoint } from '#speaker/l2/udp-socket.ts';
import { arpRequest, writeArp } from '../lan/arp-message.ts';
import { udpFrame, type Frame } from '../lan/frame.ts';
import { ndpQuestion } from '../lan/ndp-message.ts';
import { broadcastNumber, ipv4Number, readU32 } from '../lan/octets.ts';
import { arrivalTypes, type ArrivalType } from '../lan/segment.ts';
import type { UdpPacket } from '../lan/udp-packet.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { Neighbours } from './neighbours.ts';
import type { Nic } from './nic.ts';
import type { SimulatedUdpSocket } from './udp-socket.ts';

const neighboursOnly = 255;
const unreachable = 'ENETUNREACH';

export interface UdpInterfaceDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Puts a frame of ARP or neighbour discovery on the wire. */
  readonly send: (nic: Nic, frame: Uint8Array) => void;
  /** Puts a datagram on the wire. */
  readonly sendDatagram: (nic: Nic, frame: Frame) => void;
}

export class UdpInterface {
  readonly nic: Nic;
  readonly neighbours: Neighbours;
  /** In the order in which they were opened. */
  readonly sockets: SimulatedUdpSocket[] = [];
  readonly groupReceivers: SimulatedUdpSocket[] = [];
  readonly #dependencies: UdpInterfaceDependencies;
  #own: ReadonlySet<Ip> = new Set();

  constructor(nic: Nic, dependencies: UdpInterfaceDependencies) {
    const { scheduler, random } = dependencies;
    this.nic = nic;
    this.#dependencies = dependencies;
    this.neighbours = new Neighbours({
      scheduler,
      random,
      ask: (ip, mac) => this.#ask(ip, mac),
      found: (packet, mac) => this.#put(packet, mac),
    });
    this.networkChanged();
  }

  has(ip: Ip): boolean {
    return this.#own.has(ip);
  }

  /** Addresses may be others now. */
  networkChanged(): void {
    this.#own = new Set(this.nic.addresses.map(({ ip }) => ip));
  }

  /** A datagram came in, in this frame. */
  received(udp: UdpPacket, type: ArrivalType): void {
    if (type === arrivalTypes.multicast) this.#deliverToGroup(udp);
    else if (type === arrivalTypes.host) this.#deliver(udp);
  }

  /** Answers with why it did not. */
  transmit(socket: SimulatedUdpSocket, datagram: unknown, destination: UdpEndpoint): string | undefined {
    const { bound, interfaceIndex } = socket;
    if (!this.nic.isUp || this.nic.index !== interfaceIndex) return unreachable;
    // Linux looks for an IPv4 route from the address, which must be there.
    if (!this.#own.has(bound.ip) && !bound.ip.includes(':')) return unreachable;
    const packet: UdpPacket = { source: bound, destination, hopLimit: neighboursOnly, datagram };
    const mac = this.neighbours.known(destination.ip) ?? this.#find(packet);
    if (mac !== undefined) this.#put(packet, mac);
    return undefined;
  }

  /** What is not for a neighbour who is well known. */
  #find(packet: UdpPacket): number | undefined {
    const { ip } = packet.destination;
    if (this.#own.has(ip)) {
      this.#deliver(packet);
      return undefined;
    }
    const group = groupMac(ip);
    if (group === undefined) return this.neighbours.use(packet);
    this.#deliverToGroup(packet);
    return group;
  }

  #deliverToGroup(packet: UdpPacket): void {
    for (const socket of this.groupReceivers) if (this.#isFor(socket, packet.destination)) socket.arrive(packet);
  }

  /** The one opened last has it. */
  #deliver(packet: UdpPacket): void {
    for (let index = this.sockets.length - 1; index >= 0; index--) {
      const socket = this.sockets[index] as SimulatedUdpSocket;
      if (!this.#isFor(socket, packet.destination)) continue;
      if (this.#own.has(packet.destination.ip)) socket.arrive(packet);
      return;
    }
  }

  #isFor({ interfaceIndex, bound }: SimulatedUdpSocket, { ip, port }: UdpEndpoint): boolean {
    return bound.port === port && bound.ip === ip && this.nic.index === interfaceIndex;
  }

  #put(packet: UdpPacket, mac: number): void {
    this.#dependencies.sendDatagram(this.nic, udpFrame(mac, this.nic.mac, packet));
  }

  #ask(ip: Ip, mac: number | undefined): void {
    if (familyOf(ip) === 'IPv6') {
      const own = [...this.#own].filter((each) => familyOf(each) === 'IPv6');
      // From an address of the same scope (RFC 6724 §5).
      const asker = own.find((each) => isLinkLocalIp(each) === isLinkLocalIp(ip)) ?? own[0];
      if (asker === undefined) return;
      this.#dependencies.send(this.nic, ndpQuestion({ mac: this.nic.mac, ip: asker }, ip, mac));
      return;
    }
    const asker = [...this.#own].find((own) => !own.includes(':'));
    const senderIp = asker === undefined ? 0 : ipv4Number(asker);
    const message = {
      operation: arpRequest,
      senderMac: this.nic.mac,
      senderIp,
      targetMac: 0,
      targetIp: ipv4Number(ip),
    };
    this.#dependencies.send(this.nic, writeArp(mac ?? broadcastNumber, message));
  }
}

/** Undefined when it is no group (RFC 1112 §6.4, RFC 2464 §7). */
function groupMac(ip: Ip): number | undefined {
  const bytes = ipToBytes(ip);
  const end = readU32(bytes, bytes.length - 4);
  if (bytes.length === 4) return (bytes[0] ?? 0) >> 4 === 0xe ? 0x01_00_5e_00_00_00 + (end & 0x7f_ffff) : undefined;
  return bytes[0] === 0xff ? 0x33_33_00_00_00_00 + end : undefined;
}
