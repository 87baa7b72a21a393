// L8: when something is declared of a node (it failed, or is back) the addresses move that leave it or come to it, and no others.
import { nodes } from '#shared/kube/resources.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Ip } from '#shared/net/ip.ts';
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
      tally.judge(cause !== 'others', ip, () => `moves from ${from} to ${to}, of which nothing was declared`);
    });
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    this.#owners.answering(node, ip, isAnswering);
  }

  /** Every address might move. */
  stored({ resource }: StoreChange): void {
    if (resource.plural === nodes.plural) this.#tally.evaluated += this.#scene.world.shown.all.length;
  }
}
