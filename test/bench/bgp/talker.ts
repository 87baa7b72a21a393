// Just enough of BGP to hold a session of IPv4 with anybody who listens: whole messages in, the few that are said out.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeMessage } from '#speaker/bgp/codec.ts';
import { headerOctets, keepalive, messageTypes } from '#speaker/bgp/message.ts';
import { cease } from '#speaker/bgp/notification.ts';
import type { Ip } from '#shared/net/ip.ts';
import { machineMs } from './machine-time.ts';
import { addresses, bgpPort } from './plan.ts';

const keepaliveMs = 20_000;
const holdTimeSeconds = 90;
const external = { fourOctetAs: true, internal: false };
const establishedWithinMs = 60_000;
const redialMs = 100;

export interface TalkerOptions {
  readonly local: Ip;
  readonly asn: number;
  readonly bgpIdentifier: number;
  /** Whole messages, with their headers. */
  readonly update: (octets: Uint8Array) => void;
}

export class Talker {
  readonly socket: net.Socket;
  /** When KEEPALIVE had come, and had been sent. */
  establishedMs = Number.NaN;
  readonly #options: TalkerOptions;
  #rest: Buffer = Buffer.alloc(0);
  #established: (() => void) | undefined;
  readonly #keepalives: NodeJS.Timeout;

  private constructor(socket: net.Socket, options: TalkerOptions) {
    this.socket = socket;
    this.#options = options;
    this.#keepalives = setInterval(() => socket.write(keepalive), keepaliveMs);
  }

  /** Resolves when both sides have sent KEEPALIVE. A router that has just been started may not listen yet, or may not want anybody yet. */
  static async establish(options: TalkerOptions): Promise<Talker> {
    const deadlineMs = performance.now() + establishedWithinMs;
    for (;;) {
      const socket = net.connect({
        host: addresses.sender,
        port: bgpPort,
        localAddress: options.local,
        noDelay: true,
      });
      const talker = new Talker(socket, options);
      try {
        await talker.#open();
        return talker;
      } catch (error) {
        talker.#forget();
        if (performance.now() > deadlineMs) throw error;
      }
      await sleep(redialMs);
    }
  }

  /** As a peer that is gone for good: nothing of it is kept. */
  end(): void {
    this.#forget();
    this.socket.end(encodeMessage(cease('peerDeleted'), external));
  }

  #forget(): void {
    clearInterval(this.#keepalives);
  }

  #open(): Promise<void> {
    const { asn, bgpIdentifier } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#established = resolve;
    this.socket.on('data', (octets) => this.#take(octets));
    this.socket.on('error', reject).on('close', () => reject(new Error('the sender has closed the connection')));
    const capabilities = [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'routeRefresh' },
      { kind: 'fourOctetAs', asn },
    ] as const;
    this.socket.write(
      encodeMessage({ kind: 'open', myAs: asn, holdTimeSeconds, bgpIdentifier, capabilities }, external),
    );
    return promise;
  }

  #take(octets: Buffer): void {
    const all = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets]);
    let at = 0;
    while (all.length - at >= headerOctets) {
      const length = all.readUInt16BE(at + 16);
      if (all.length - at < length) break;
      this.#message(all.subarray(at, at + length));
      at += length;
    }
    this.#rest = all.subarray(at);
  }

  #message(octets: Buffer): void {
    const [type, code, subcode] = octets.subarray(headerOctets - 1);
    if (type === messageTypes.open) this.socket.write(keepalive);
    if (type === messageTypes.keepalive) {
      if (Number.isNaN(this.establishedMs)) this.establishedMs = machineMs();
      this.#established?.();
    }
    if (type === messageTypes.update) this.#options.update(octets);
    if (type === messageTypes.notification) {
      this.socket.destroy(new Error(`the sender says NOTIFICATION ${code}/${subcode}`));
    }
  }
}
