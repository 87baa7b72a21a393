// L7: no address moves for a short restart or pause of a program, an absence of the apiserver, a step of a clock, a Node that is not Ready, endpoints
// that come and go under the policy Cluster: for nothing but a node that fails, or a change of what is declared about nodes.
import type { Fault } from '../faults/fault.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Checker, Tally } from './checker.ts';
import { Owners } from './owners.ts';
import type { Scene } from './scene.ts';

/** Those by which something could move that is not to. */
const tempting: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'crash',
  'terminate',
  'roll',
  'pause',
  'slow',
  'garbage collection',
  'clock step',
  'not ready',
  'api outage',
  'api restart',
  'api cut',
  'endpoints flap',
]);

export class L7 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #owners: Owners;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    this.#owners = new Owners(scene, ({ ip, from, to, cause }) => {
      this.#tally.judge(cause !== 'none', ip, () => `moves from ${from} to ${to}, and nothing happened to any node`);
    });
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    this.#owners.answering(node, ip, isAnswering);
  }

  faultEnded({ kind }: Fault): void {
    if (tempting.has(kind)) this.#tally.evaluated += this.#scene.world.shown.all.length;
  }
}
