// L2: how long two nodes that hear each other both answer for an address.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

/** While one lasts, some cannot hear others. */
const parting: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'partition',
  'mute',
  'deaf',
  'carrier loss',
  'flap',
]);

export class L2 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Since when. */
  readonly #twice = new Map<Ip, number>();
  /** When nodes that could not hear each other may have come to do so. */
  #healedUs = -Infinity;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    scene.onTouched((ip) => this.#look(ip));
  }

  faultBegan({ kind }: Fault): void {
    if (parting.has(kind)) for (const [ip, sinceUs] of this.#twice) this.#judge(ip, sinceUs);
  }

  faultEnded({ kind }: Fault): void {
    if (parting.has(kind)) this.#healedUs = this.#scene.nowUs;
  }

  tick(): void {
    for (const [ip, sinceUs] of this.#twice) this.#judge(ip, sinceUs);
  }

  #look(ip: Ip): void {
    const sinceUs = this.#twice.get(ip);
    if (this.#scene.answerers(ip).size > 1) {
      if (sinceUs === undefined) this.#twice.set(ip, this.#scene.nowUs);
      return;
    }
    if (sinceUs === undefined) return;
    this.#twice.delete(ip);
    this.#judge(ip, sinceUs);
  }

  #judge(ip: Ip, fromUs: number): void {
    const { nowUs, weather } = this.#scene;
    if (!this.#hearEachOther(ip)) return;
    const isHeal = this.#healedUs > fromUs;
    const sinceUs = Math.max(fromUs, this.#healedUs);
    const ms = Math.max(0, nowUs - sinceUs) / 1000;
    const usual = isHeal ? boundsMs.twiceAfterHeal : boundsMs.twice;
    const bound = weather.isBadSince(sinceUs) ? boundsMs.twiceInBadWeather : usual;
    this.#tally.measure(
      ms,
      bound,
      ip,
      () => `${[...this.#scene.answerers(ip)].join(' and ')} answer for ${ms} ms${isHeal ? ' after a heal' : ''}`,
    );
  }

  /** Some two of those that answer; when they do no more, it is as if they did. */
  #hearEachOther(ip: Ip): boolean {
    const { lan, machines } = this.#scene.world;
    const found = [...this.#scene.answerers(ip)].flatMap((node) => machines.get(node)?.nic.attachment ?? []);
    if (found.length < 2) return ![...this.#scene.world.activeFaults].some(({ kind }) => parting.has(kind));
    return found.some((one, index) => {
      return found.slice(index + 1).some((other) => lan.hears(one, other) && lan.hears(other, one));
    });
  }
}
