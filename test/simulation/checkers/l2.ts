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
  /** When one that was deaf began to hear. */
  #hearingUs = -Infinity;
  /** Nodes with the key of another cluster, until then: what is foreign does not settle who has an address (spec/layer2.md §8, §9). */
  readonly #foreignUntilUs = new Map<string, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    scene.onTouched((ip) => this.#look(ip));
  }

  faultBegan(fault: Fault): void {
    if (parting.has(fault.kind)) for (const [ip, sinceUs] of this.#twice) this.#judge(ip, sinceUs);
    if (fault.kind === 'wrong key') this.#foreignUntilUs.set(fault.node, Infinity);
  }

  faultEnded(fault: Fault): void {
    const { nowUs } = this.#scene;
    if (parting.has(fault.kind)) this.#healedUs = nowUs;
    if (fault.kind === 'deaf') this.#hearingUs = nowUs;
    if (fault.kind === 'wrong key') this.#foreignUntilUs.set(fault.node, nowUs + boundsMs.keyRead * 1000);
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
    const healedUs = Math.max(this.#healedUs, this.#ownSinceUs(ip));
    const isHeal = healedUs >= fromUs;
    const sinceUs = Math.max(fromUs, healedUs);
    const ms = Math.max(0, nowUs - sinceUs) / 1000;
    const afterHeal = healedUs === this.#hearingUs ? boundsMs.twiceAfterDeafness : boundsMs.twiceAfterHeal;
    const usual = isHeal ? afterHeal : boundsMs.twice;
    const inBadWeather = weather.isArpAloneSince(sinceUs) ? boundsMs.twiceByArpAlone : boundsMs.twiceInBadWeather;
    const bound = weather.isBadSince(sinceUs) ? inBadWeather : usual;
    this.#tally.measure(
      ms,
      bound,
      ip,
      () => `${[...this.#scene.answerers(ip)].join(' and ')} answer for ${ms} ms${isHeal ? ' after a heal' : ''}`,
    );
  }

  /** Since when those that answer are of one cluster; when they do no more: all. */
  #ownSinceUs(ip: Ip): number {
    const found = this.#scene.answerers(ip);
    const concerned = [...this.#foreignUntilUs].filter(([node]) => found.size < 2 || found.has(node));
    return Math.max(-Infinity, ...concerned.map(([, untilUs]) => untilUs));
  }

  /** Some two of those that answer; when they do no more, it is as if they did. */
  #hearEachOther(ip: Ip): boolean {
    const lan = this.#scene.world.lanOf(ip);
    const found = Array.from(this.#scene.answerers(ip), (node) => this.#scene.nicFor(node, ip).attachment);
    if (found.length < 2) return ![...this.#scene.world.activeFaults].some(({ kind }) => parting.has(kind));
    return found.some((one, index) => {
      return found.slice(index + 1).some((other) => lan.hears(one, other) && lan.hears(other, one));
    });
  }
}
