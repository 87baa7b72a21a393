// L5: after the crash of a speaker, how long until each of its addresses is answered again: by its next process, or by another node.
import type { Ip } from '#shared/net/ip.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

export class L5 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #answered = new Set<Ip>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  faultBegan(): void {
    this.#answered.clear();
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    const crash = this.#scene.crashes.current('speaker');
    if (!isAnswering || crash === undefined || !crash.addresses.has(ip) || this.#answered.has(ip)) return;
    this.#answered.add(ip);
    this.#measure(ip, crash.atUs, `answered by ${node}`);
  }

  tick(): void {
    const crash = this.#scene.crashes.current('speaker');
    if (crash === undefined || this.#scene.nowUs <= crash.atUs + boundsMs.restart * 1000) return;
    for (const ip of crash.addresses) {
      const { nodes, isServed } = this.#scene.candidates.of(ip);
      const isWanted = isServed && [...nodes.keys()].some((other) => other !== crash.node);
      if (isWanted && !this.#answered.has(ip)) this.#measure(ip, crash.atUs, 'not answered by anybody');
    }
  }

  #measure(ip: Ip, crashedUs: number, what: string): void {
    const ms = (this.#scene.nowUs - crashedUs) / 1000;
    this.#tally.measure(ms, boundsMs.restart, ip, () => `${what} ${ms} ms after the crash of a speaker`);
  }
}
