// L10: a node that yielded an address sends no ARP and no neighbour discovery in its name, and does not claim it, until it answers for it anew.
import type { Ip } from '#shared/net/ip.ts';
import { saidIn } from '../lan/said.ts';
import { addressesIn, kindOfMessage, readSegmentMessage } from '../lan/segment-message.ts';
import type { UdpPacket } from '../lan/udp-packet.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

/** Sent after it yielded; it may have begun to answer anew in the same moment, which is told afterwards. */
interface Doubt {
  readonly node: string;
  readonly ip: Ip;
  readonly atUs: number;
  readonly yieldedUs: number;
  readonly what: string;
}

export class L10 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** By node: when it yielded. */
  readonly #yielded = new Map<string, Map<Ip, number>>();

  #doubts: readonly Doubt[] = [];

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    const yielded = this.#yielded.get(node) ?? new Map<Ip, number>();
    this.#yielded.set(node, yielded);
    if (isAnswering) {
      yielded.delete(ip);
      this.#doubts = this.#doubts.filter((doubt) => doubt.node !== node || doubt.ip !== ip);
    } else if (this.#isShown(ip) && this.#isAble(node, ip)) yielded.set(ip, this.#scene.nowUs);
  }

  sent(node: string, _segment: string, frame: Uint8Array): void {
    this.#settleDoubts();
    const yielded = this.#yielded.get(node);
    if (yielded === undefined || yielded.size === 0) return;
    const said = saidIn(frame);
    if (said?.ip === undefined) return;
    this.#tally.evaluated++;
    this.#doubt(node, said.ip, yielded, 'announced');
  }

  datagram(node: string, _segment: string, { datagram }: UdpPacket): void {
    this.#settleDoubts();
    const yielded = this.#yielded.get(node);
    if (yielded === undefined || yielded.size === 0 || kindOfMessage(datagram) !== 'claim') return;
    const message = readSegmentMessage(datagram);
    if (message === undefined) return;
    this.#tally.evaluated++;
    for (const { ip, silent } of addressesIn(message)) if (!silent) this.#doubt(node, ip, yielded, 'claimed');
  }

  tick(): void {
    this.#settleDoubts();
  }

  #doubt(node: string, ip: Ip, yielded: Map<Ip, number>, what: string): void {
    // What it does while nobody can see whether it answers is no news.
    if (!this.#isShown(ip) || !this.#isSeen(node, ip)) return void yielded.delete(ip);
    const yieldedUs = yielded.get(ip);
    const atUs = this.#scene.nowUs;
    // In the moment in which it yields it may have sent before.
    if (yieldedUs !== undefined && yieldedUs < atUs) {
      this.#doubts = [...this.#doubts, { node, ip, atUs, yieldedUs, what }];
    }
  }

  #settleDoubts(): void {
    if (this.#doubts.length === 0) return;
    const { nowUs } = this.#scene;
    const over = this.#doubts.filter(({ atUs }) => atUs < nowUs);
    this.#doubts = this.#doubts.filter(({ atUs }) => atUs >= nowUs);
    for (const { node, ip, atUs, yieldedUs, what } of over) {
      this.#tally.violated(ip, `${node} ${what} what it had yielded ${(atUs - yieldedUs) / 1000} ms before`);
    }
  }

  /** Nothing keeps those outside from seeing whether it answers. */
  #isSeen(node: string, ip: Ip): boolean {
    const nic = this.#scene.nicFor(node, ip);
    return nic.hasCarrier && !nic.attachment.isDeaf;
  }

  /** Else it is no longer looked at who answers for it. */
  #isShown(ip: Ip): boolean {
    return this.#scene.world.shown.holders(ip).size > 0;
  }

  /** It ceased because its program had it so, not because nothing reaches it or nothing runs. */
  #isAble(node: string, ip: Ip): boolean {
    const machine = this.#scene.world.machine(node);
    const { kernel } = machine;
    const nic = this.#scene.nicFor(node, ip);
    const isHeard = kernel.isRunning && nic.isUp && nic.hasCarrier && !nic.attachment.isDeaf;
    const threads = machine.process('speaker')?.threads ?? [];
    return isHeard && threads.length > 0 && threads.every((thread) => thread.isAlive && !thread.isHeld);
  }
}
