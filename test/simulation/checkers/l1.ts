// L1: when it is quiet exactly one node answers for an address that has candidates and somewhere to send its traffic, and it is one of them; for
// others nobody does; and on no LAN but the one where the address is on-link.
import type { Ip } from '#shared/net/ip.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

export class L1 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Since when not the right one answers. */
  readonly #wrong = new Map<Ip, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    scene.onTouched((ip) => this.#look(ip));
  }

  answering(node: string, segment: string, ip: Ip, isAnswering: boolean): void {
    const lan = this.#scene.world.lanOf(ip).name;
    this.#tally.judge(!isAnswering || segment === lan, ip, () => `${node} answers on ${segment}, and it is on ${lan}`);
  }

  tick(): void {
    const { nowUs, calm, candidates } = this.#scene;
    if (calm.sinceUs === undefined) return;
    for (const [ip, wrongUs] of this.#wrong) {
      const sinceUs = Math.max(wrongUs, calm.sinceUs, candidates.changedUs(ip));
      const ms = (nowUs - sinceUs) / 1000;
      this.#tally.measure(ms, boundsMs.answer, ip, () => this.#describe(ip, ms));
    }
  }

  checkAll(): void {
    for (const ip of this.#scene.world.shown.all) this.#look(ip);
  }

  #look(ip: Ip): void {
    if (this.#scene.calm.sinceUs !== undefined) this.#tally.evaluated++;
    if (this.#isRight(ip)) this.#wrong.delete(ip);
    else if (!this.#wrong.has(ip)) this.#wrong.set(ip, this.#scene.nowUs);
  }

  #isRight(ip: Ip): boolean {
    const answerers = [...this.#scene.answerers(ip)];
    const { nodes, isServed } = this.#scene.candidates.of(ip);
    if (!isServed || nodes.size === 0) return answerers.length === 0;
    return answerers.length === 1 && nodes.has(answerers[0] ?? '');
  }

  #describe(ip: Ip, ms: number): string {
    const { nodes, isServed } = this.#scene.candidates.of(ip);
    const expected = isServed && nodes.size > 0 ? `one of ${[...nodes.keys()].join()}` : 'nobody';
    return `${[...this.#scene.answerers(ip)].join(' and ') || 'nobody'} answers, expected is ${expected}, for ${ms} ms`;
  }
}
