// What a speaker says and hears on one segment (shell; layer2 §2, §8): UDP on the interface's own addresses and on the groups. Datagrams are
// sealed on their way out and admitted on their way in.
//
// While it joins, a process sends from a port of its own and is answered there: what is sent to the well-known port is for the one before it.
import { familyOf, isLinkLocalIp, type Family, type Ip } from '#shared/net/ip.ts';
import { rangeContains } from '#shared/net/range.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { SystemFailure } from '../l2/packet-socket.ts';
import type { SuitableInterface } from '../l2/suitable-interfaces.ts';
import type { UdpEndpoint, UdpReceiver, UdpSocket, UdpSockets } from '../l2/udp-socket.ts';
import {
  admit,
  newAdmission,
  type AdmissionConfig,
  type AdmissionState,
  type DropReason,
} from '../segment/admission/admission.ts';
import type { SegmentCrypto } from '../segment/admission/crypto.ts';
import { seal, type SegmentKeys } from '../segment/admission/keys.ts';
import { sourceBytes } from '../segment/admission/source-address.ts';
import type { Header } from '../segment/message/header.ts';
import { maxDatagramBytes } from '../segment/message/header.ts';
import { encodeMessage, type Message, type MessageKind } from '../segment/message/message.ts';
import type { WireOptions } from '../seam.ts';
import type { Count, Tally } from './tally.ts';

export const segmentGroups: Readonly<Record<Family, Ip>> = { IPv4: '224.0.0.254' as Ip, IPv6: 'ff02::114' as Ip };

export interface SegmentSocketsDependencies {
  readonly options: WireOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly udpSockets: UdpSockets;
  readonly crypto: SegmentCrypto;
  readonly tally: Tally;
  /** As they are now; undefined: nothing can be said or believed. */
  readonly keys: () => SegmentKeys | undefined;
  /** One counter a process. */
  readonly nextSequence: () => number;
  /** An address of this machine. */
  readonly isOwn: (ip: Ip) => boolean;
  /** Called first in every turn. */
  readonly gapEnded: () => boolean;
  /** Something that is counted has changed. */
  readonly counted: () => void;
}

export interface SegmentListener {
  message(header: Header, message: Message, source: UdpEndpoint, multicast: boolean): void;
  /** What this process said itself on another interface, which has that address. */
  heardItself(source: Ip): void;
  /** A newer process of this node speaks. */
  retired(): void;
  /** A socket was opened, refused or lost. */
  changed(): void;
}

/** The sockets of one address family. */
interface Voice {
  readonly ip: Ip;
  /** As tags cover it. */
  readonly source: Uint8Array;
  group?: UdpReceiver | undefined;
  /** `join` while this process joins, `member` afterwards; the other one is closed. */
  socket?: { readonly role: Role; readonly udp: UdpSocket } | undefined;
  /** Why the one that should be open last was not opened, or broke. */
  readonly failures: { group?: SystemFailure | undefined; socket?: SystemFailure | undefined };
}

type Role = 'join' | 'member';
type Direction = 'sent' | 'received';

export class SegmentSockets {
  readonly #dependencies: SegmentSocketsDependencies;
  readonly #listener: SegmentListener;
  readonly #admission: AdmissionState;
  readonly #voices = new Map<Family, Voice>();
  readonly #packets: Readonly<Record<Direction, Map<MessageKind, Count>>> = { sent: new Map(), received: new Map() };
  /** Where each datagram is made: who sends it does not keep it. */
  readonly #datagram = new Uint8Array(maxDatagramBytes);
  #on: SuitableInterface;
  /** Made for these keys. */
  #config: AdmissionConfig | undefined;

  constructor(on: SuitableInterface, dependencies: SegmentSocketsDependencies, listener: SegmentListener) {
    this.#on = on;
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#admission = newAdmission(dependencies.clock.nowMs());
  }

  /** Why something that should be open is not. */
  get failure(): SystemFailure | undefined {
    for (const { failures } of this.#voices.values()) {
      const failure = failures.group ?? failures.socket;
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** The interface as it is now. */
  update(on: SuitableInterface): void {
    this.#on = on;
    this.open();
  }

  /** Opens what listens and is not open; what speaks is opened when there is something to say. */
  open(): void {
    for (const family of ['IPv4', 'IPv6'] as const) {
      const ip = this.#on.families.includes(family) ? ownAddress(this.#on, family) : undefined;
      const known = this.#voices.get(family);
      if (known?.ip !== ip) {
        closeVoice(known);
        this.#voices.delete(family);
        if (ip !== undefined) this.#voices.set(family, { ip, source: sourceBytes(ip), failures: {} });
      }
      const voice = this.#voices.get(family);
      if (voice !== undefined && voice.group === undefined) this.#listen(family, voice);
    }
  }

  toGroup(message: Message, joining: boolean): void {
    const datagram = this.#encode(message, joining);
    if (datagram === undefined) return;
    const { port } = this.#dependencies.options;
    for (const [family, voice] of this.#voices)
      this.#send(voice, datagram, { ip: segmentGroups[family], port }, joining);
  }

  to(endpoint: UdpEndpoint, message: Message, joining: boolean): void {
    const voice = this.#voices.get(familyOf(endpoint.ip));
    const datagram = voice === undefined ? undefined : this.#encode(message, joining);
    if (voice !== undefined && datagram !== undefined) this.#send(voice, datagram, endpoint, joining);
  }

  /** Delivers what has come so far. */
  receiveWaiting(): void {
    for (const { group, socket } of this.#voices.values()) {
      group?.receiveWaiting();
      socket?.udp.receiveWaiting();
    }
  }

  close(): void {
    for (const voice of this.#voices.values()) closeVoice(voice);
    this.#voices.clear();
  }

  #listen(family: Family, voice: Voice): void {
    const { udpSockets, options } = this.#dependencies;
    const where = { interfaceIndex: this.#on.index, ip: segmentGroups[family], port: options.port };
    const group = udpSockets.listenToGroup(where, {
      datagram: (bytes, source) => this.#received(bytes, source, true),
      failed: (failure) => {
        voice.group = undefined;
        this.#became(voice, 'group', failure);
      },
    });
    if (!('code' in group)) voice.group = group;
    this.#became(voice, 'group', 'code' in group ? group : undefined);
  }

  #socketOf(voice: Voice, role: Role): UdpSocket | undefined {
    if (voice.socket?.role === role) return voice.socket.udp;
    voice.socket?.udp.close();
    voice.socket = undefined;
    const { udpSockets, options } = this.#dependencies;
    const port = role === 'join' ? 0 : options.port;
    const udp = udpSockets.open(
      { interfaceIndex: this.#on.index, ip: voice.ip, port },
      {
        datagram: (bytes, source) => this.#received(bytes, source, false),
        failed: (failure) => {
          voice.socket = undefined;
          this.#became(voice, 'socket', failure);
        },
      },
    );
    if (!('code' in udp)) voice.socket = { role, udp };
    this.#became(voice, 'socket', 'code' in udp ? udp : undefined);
    return voice.socket?.udp;
  }

  #encode(message: Message, joining: boolean): Uint8Array | undefined {
    const { options, nextSequence } = this.#dependencies;
    const keys = this.#dependencies.keys();
    if (keys === undefined) return undefined;
    const { node, incarnation } = options;
    this.#countPacket('sent', message);
    const header = { joining, keyId: keys.current.id, sender: node.id, incarnation, sequence: nextSequence() };
    return encodeMessage(header, message, this.#datagram);
  }

  #send(voice: Voice, datagram: Uint8Array, to: UdpEndpoint, joining: boolean): void {
    const keys = this.#dependencies.keys();
    const socket = this.#socketOf(voice, joining ? 'join' : 'member');
    if (keys === undefined || socket === undefined) return;
    seal(datagram, voice.source, keys.current, this.#dependencies.crypto);
    socket.send(datagram, to);
  }

  #received(datagram: Uint8Array, source: UdpEndpoint, multicast: boolean): void {
    const { clock, gapEnded } = this.#dependencies;
    gapEnded();
    const config = this.#admissionConfig();
    if (config === undefined) return;
    const admission = admit(this.#admission, datagram, source.ip, config, clock.nowMs());
    switch (admission.kind) {
      case 'message':
        this.#countPacket('received', admission.message);
        return this.#listener.message(admission.header, admission.message, source, multicast);
      case 'challenge':
        return this.#reply(source, { kind: 'challenge', nonce: admission.nonce });
      case 'respond':
        return this.#reply(source, { kind: 'response', nonce: admission.nonce });
      case 'retired':
        return this.#listener.retired();
      case 'dropped':
        if (admission.reason !== 'own') return this.#dropped(admission.reason, source.ip, multicast);
        if (!this.#on.prefixes.some(({ ip }) => ip === source.ip)) this.#listener.heardItself(source.ip);
    }
  }

  #countPacket(direction: Direction, { kind }: Message): void {
    const counts = this.#packets[direction];
    let count = counts.get(kind);
    if (count === undefined) {
      count = this.#dependencies.tally.count('ingot_segment_packets_total', { direction, type: kind });
      counts.set(kind, count);
    }
    count.total++;
    this.#dependencies.counted();
  }

  /** What is said to the groups comes in both families: the second copy is no replay of anybody's. */
  #dropped(reason: DropReason, source: Ip, multicast: boolean): void {
    const isSecondCopy = reason === 'replay' && multicast && familyOf(source) === 'IPv6' && this.#voices.has('IPv4');
    if (isSecondCopy) return;
    this.#dependencies.tally.add('ingot_segment_dropped_total', { reason });
    this.#dependencies.counted();
  }

  /** As member or not, as it spoke last: whoever only joins must not take the well-known port. */
  #reply(source: UdpEndpoint, message: Message): void {
    const role = this.#voices.get(familyOf(source.ip))?.socket?.role;
    this.to(source, message, role !== 'member');
  }

  #admissionConfig(): AdmissionConfig | undefined {
    const { options, crypto, random, isOwn } = this.#dependencies;
    const keys = this.#dependencies.keys();
    if (keys === undefined) return undefined;
    if (this.#config?.keys !== keys) {
      const self = { id: options.node.id, incarnation: options.incarnation };
      this.#config = { self, keys, crypto, random, isOwn, isOnLink: this.#isOnLink };
    }
    return this.#config;
  }

  /** Own ones too: what comes from another interface of this machine shows that both are on one LAN. */
  readonly #isOnLink = (ip: Ip): boolean =>
    isLinkLocalIp(ip) || this.#dependencies.isOwn(ip) || this.#on.onLink.some((range) => rangeContains(range, ip));

  /** What is refused is tried again with every datagram: told is only what is new. */
  #became({ failures }: Voice, what: keyof Voice['failures'], failure: SystemFailure | undefined): void {
    const isNews = failure === undefined || failures[what]?.code !== failure.code;
    failures[what] = failure;
    if (isNews) this.#listener.changed();
  }
}

/** From which it speaks: on IPv6 the link-local one (RFC 4861 §2.2), which no renumbering takes away. */
export function ownAddress({ prefixes }: Pick<SuitableInterface, 'prefixes'>, family: Family): Ip | undefined {
  return prefixes.find(({ ip }) => familyOf(ip) === family && (family === 'IPv4' || isLinkLocalIp(ip)))?.ip;
}

function closeVoice(voice: Voice | undefined): void {
  voice?.group?.close();
  voice?.socket?.udp.close();
}
