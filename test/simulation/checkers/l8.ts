// L8: when a node fails, or something is declared of one (it is excluded, or is back), the addresses move that leave it or come to it, and no
// others; and those that move because somebody wants it move seldom enough for fabrics (RFC 7432 §15.1).
import { nodes } from '#shared/kube/resources.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Checker, Tally } from './checker.ts';
import { Owners } from './owners.ts';
import type { Scene } from './scene.ts';

export class L8 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #owners: Owners;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    this.#owners = new Owners(scene, ({ ip, from, to, cause }) => {
      tally.judge(cause !== 'others', ip, () => `moves from ${from} to ${to}, and nothing happened to ${from}`);
    });
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    this.#owners.answering(node, ip, isAnswering);
  }

  /** Every address might move. */
  stored({ resource }: StoreChange): void {
    if (resource.plural === nodes.plural) this.#tally.evaluated += this.#scene.world.shown.all.length;
  }

  faultBegan({ kind }: Fault): void {
    if (kind === 'power loss' || kind === 'kernel hang') this.#tally.evaluated += this.#scene.world.shown.all.length;
  }
}
