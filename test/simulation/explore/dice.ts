// Chance as one who invents faults needs it: one of these, so many, this node or that.
import assert from 'node:assert';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Topology } from '../play/simulation-case.ts';
import { nodeName } from '../world/address-plan.ts';

export class Dice {
  readonly #random: Random;
  readonly #topology: Topology;

  constructor(random: Random, topology: Topology) {
    this.#random = random;
    this.#topology = topology;
  }

  /** Both included. */
  between(least: number, most: number): number {
    return uniform(this.#random, least, most);
  }

  /** From `least` on: each doubling up to `most` is as likely as the one before. */
  scale(least: number, most: number): number {
    let doublings = 0;
    while (least * 2 ** (doublings + 1) <= most) doublings++;
    const low = least * 2 ** this.between(0, doublings);
    return this.between(low, Math.min(most, 2 * low));
  }

  chance(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }

  pick<T>(choices: readonly T[]): T {
    assert(choices.length > 0, 'nothing to choose from');
    return choices[this.between(0, choices.length - 1)] as T;
  }

  /** Each choice as often as its weight says. */
  weighted<T>(choices: readonly (readonly [choice: T, weight: number])[]): T {
    let left = this.between(
      1,
      choices.reduce((sum, [, weight]) => sum + weight, 0),
    );
    const found = choices.find(([, weight]) => (left -= weight) <= 0);
    assert(found !== undefined, 'nothing to choose from');
    return found[0];
  }

  node(): string {
    return nodeName(this.between(0, this.#topology.nodes - 1));
  }

  /** One on which a controller runs. */
  controllerNode(): string {
    return nodeName(this.between(0, Math.min(this.#topology.controllers, this.#topology.nodes) - 1));
  }

  /** At least one, and not all if there are more. */
  someNodes(): readonly string[] {
    const { nodes } = this.#topology;
    const count = this.between(1, Math.max(1, nodes - 1));
    const first = this.between(0, nodes - 1);
    return Array.from({ length: count }, (_, step) => nodeName((first + step) % nodes));
  }

  /** One that there is at the start, if there is any. */
  service(): number {
    return this.between(0, Math.max(0, this.#topology.services - 1));
  }

  /** One of a few that there are not at the start. */
  newService(): number {
    return this.#topology.services + this.between(0, 3);
  }

  pool(): number {
    return this.between(0, this.#topology.pools - 1);
  }
}
