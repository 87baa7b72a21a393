// L3: after the crash of a node, how long until another one announces each of its addresses.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import { saidIn } from '../lan/said.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

export class L3 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #announced = new Set<Ip>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  faultBegan(_fault: Fault): void {
    this.#announced.clear();
  }

  sent(node: string, _segment: string, frame: Uint8Array): void {
    const crash = this.#scene.crashes.current('node');
    if (crash === undefined || crash.node === node) return;
    const said = saidIn(frame);
    const ip = said?.isAnnouncement === true ? said.ip : undefined;
    if (ip === undefined || !crash.addresses.has(ip) || this.#announced.has(ip)) return;
    this.#announced.add(ip);
    this.#measure(ip, crash.atUs, `announced by ${node}`);
  }

  tick(): void {
    const crash = this.#scene.crashes.current('node');
    if (crash === undefined || this.#scene.nowUs <= crash.atUs + this.#boundMs(crash.atUs) * 1000) return;
    for (const ip of crash.addresses) {
      const { nodes, isServed } = this.#scene.candidates.of(ip);
      const isWanted = isServed && [...nodes.keys()].some((other) => other !== crash.node);
      if (isWanted && !this.#announced.has(ip)) this.#measure(ip, crash.atUs, 'not announced by anybody');
    }
  }

  #measure(ip: Ip, crashedUs: number, what: string): void {
    const ms = (this.#scene.nowUs - crashedUs) / 1000;
    this.#tally.measure(ms, this.#boundMs(crashedUs), ip, () => `${what} ${ms} ms after the crash`);
  }

  #boundMs(crashedUs: number): number {
    return this.#scene.weather.isBadSince(crashedUs) ? boundsMs.takeOverInBadWeather : boundsMs.takeOver;
  }
}
