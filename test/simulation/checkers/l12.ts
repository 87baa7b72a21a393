// L12: no node sends ARP or neighbour discovery in the name of an address that no Service shows, nor with a MAC address that is not its own.
import type { Ip } from '#shared/net/ip.ts';
import type { StoreChange } from '../apiserver/store.ts';
import { services } from '#shared/kube/resources.ts';
import type { Fault } from '../faults/fault.ts';
import { macText, readMac } from '../lan/octets.ts';
import { saidIn, type Said } from '../lan/said.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { serviceFacts } from './facts.ts';
import type { Scene } from './scene.ts';

const sourceOffset = 6;

export class L12 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #own: ReadonlyMap<string, ReadonlySet<Ip>>;
  /** When the last Service ceased to show it. */
  readonly #vanishedUs = new Map<Ip, number>();
  /** By node: when its MAC address changed. */
  readonly #replacedUs = new Map<string, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    this.#own = new Map(
      [...scene.world.machines.values()].map(({ name, nics }) => [
        name,
        new Set(nics.flatMap(({ addresses }) => addresses.map(({ ip }) => ip))),
      ]),
    );
  }

  stored({ resource, before }: StoreChange): void {
    if (resource.plural !== services.plural || before === undefined) return;
    for (const ip of serviceFacts(before).addresses) {
      if (this.#isShown(ip)) this.#vanishedUs.delete(ip);
      else this.#vanishedUs.set(ip, this.#scene.nowUs);
    }
  }

  faultBegan(fault: Fault): void {
    if (fault.kind === 'mac change') this.#replacedUs.set(fault.node, this.#scene.nowUs);
  }

  sent(node: string, segment: string, frame: Uint8Array): void {
    const said = saidIn(frame);
    if (said === undefined) return;
    this.#judgeMac(node, segment, said, readMac(frame, sourceOffset));
    const { ip } = said;
    if (ip === undefined || this.#own.get(node)?.has(ip) === true) return;
    this.#tally.judge(this.#mayBeShown(ip), ip, () => `${node} announces what no Service shows`);
  }

  #judgeMac(node: string, segment: string, said: Said, source: number): void {
    const { mac } = this.#scene.world.machine(node).nicOn(segment);
    const replacedUs = this.#replacedUs.get(node) ?? -Infinity;
    const isKnown = this.#scene.sight.sinceUs !== undefined && this.#scene.nowUs > replacedUs + boundsMs.newMac * 1000;
    const holds = (said.mac === mac && source === mac) || !isKnown;
    this.#tally.judge(
      holds,
      said.ip ?? node,
      () => `${node} says that it is ${macText(said.mac)}, and is ${macText(mac)}`,
    );
  }

  /** Somebody who sees what is cannot take it to be shown. */
  #mayBeShown(ip: Ip): boolean {
    if (this.#isShown(ip)) return true;
    const vanishedUs = this.#vanishedUs.get(ip);
    return vanishedUs !== undefined && vanishedUs >= this.#scene.sight.horizonUs;
  }

  #isShown(ip: Ip): boolean {
    return this.#scene.world.shown.holders(ip).size > 0;
  }
}
