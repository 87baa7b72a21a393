// A station on a LAN that speaks ARP by hand: asks, announces, and keeps what it hears.
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, zeroMac, type Mac } from '#shared/net/mac.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { decodeArpFrame, encodeArpFrame, type ArpFrame } from '#speaker/l2/arp.ts';
import { coarseArpFilter } from '#speaker/l2/arp-filter.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import type { CableEnd } from './cable.ts';

export interface Heard {
  readonly atMs: number;
  readonly frame: ArpFrame;
}

export class ArpStation {
  readonly heard: Heard[] = [];
  readonly #end: CableEnd;
  readonly #ip: Ip;
  readonly #socket: PacketSocket;
  readonly #asking = new Map<Ip, (mac: Mac) => void>();

  constructor(end: CableEnd, ip: string) {
    this.#end = end;
    this.#ip = ip as Ip;
    const filter = { program: coarseArpFilter, coarse: coarseArpFilter };
    const socket = linuxPacketSockets.open(
      { interfaceIndex: end.index, etherType: 0x0806, filter },
      { frame: (bytes) => this.#receive(decodeArpFrame(bytes)), failed() {} },
    );
    if ('code' in socket) throw new Error(`${socket.call} failed with ${socket.code}`);
    this.#socket = socket;
  }

  /** Sends a request and waits for nothing. */
  request(ip: string): void {
    this.#socket.send(
      encodeArpFrame({
        ethernet: { destination: broadcastMac, source: this.#end.mac, etherType: 0x0806 },
        arp: { operation: 1, senderMac: this.#end.mac, senderIp: this.#ip, targetMac: zeroMac, targetIp: ip as Ip },
      }),
    );
  }

  /** The MAC that answers for the address, and after how long; undefined when none does in time. */
  ask(ip: string, withinMs: number): Promise<{ readonly mac: Mac; readonly afterMs: number } | undefined> {
    const startMs = performance.now();
    return new Promise((resolve) => {
      const answered = (answer: { readonly mac: Mac; readonly afterMs: number } | undefined): void => {
        clearTimeout(limit);
        this.#asking.delete(ip as Ip);
        resolve(answer);
      };
      const limit = setTimeout(() => answered(undefined), withinMs);
      this.#asking.set(ip as Ip, (mac) => answered({ mac, afterMs: performance.now() - startMs }));
      this.request(ip);
    });
  }

  send(frame: ArpFrame): void {
    this.#socket.send(encodeArpFrame(frame));
  }

  /** Replies that came since then. */
  repliesSince(atMs: number): readonly ArpFrame[] {
    return this.heard.filter((one) => one.atMs >= atMs && isReply(one.frame)).map(({ frame }) => frame);
  }

  close(): void {
    this.#socket.close();
  }

  #receive(frame: ArpFrame): void {
    this.heard.push({ atMs: performance.now(), frame });
    if (frame.arp.operation === 2 && frame.ethernet.destination === this.#end.mac) {
      this.#asking.get(frame.arp.senderIp)?.(frame.arp.senderMac);
    }
  }
}

function isReply({ arp }: ArpFrame): boolean {
  return arp.operation === 2 && arp.senderIp !== arp.targetIp;
}
