// B3: a node that is to go says so first: its routes are told again as ones to be avoided (RFC 8326), everybody has time, then they are
// withdrawn, and only then its sessions end.
import type { Fault } from '../faults/fault.ts';
import type { ProcessRef } from '../observer.ts';
import type { BgpRouter, RouterEvent } from '../routers/bgp-router.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import type { Scene } from './scene.ts';

const gracefulShutdown = 0xffff_0000;
const cease = 6;

export class B3 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Nodes that are excluded, or whose speaker is asked to end, and nothing else befalls them; since when. */
  readonly #leavingUs = new Map<string, number>();
  /** When a router has met a node last. */
  readonly #metUs = new Map<string, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  faultBegan(fault: Fault): void {
    for (const node of this.#leavingUs.keys()) if (mayDisturb(fault, node)) this.#leavingUs.delete(node);
    const asksToGo = fault.kind === 'exclude label' || (fault.kind === 'terminate' && fault.program === 'speaker');
    if (!asksToGo) return;
    const others = [...this.#scene.world.activeFaults].filter((other) => other !== fault);
    if (!others.some((other) => mayDisturb(other, fault.node))) {
      this.#leavingUs.set(fault.node, this.#scene.nowUs);
    }
  }

  /** To ask a program to end takes no time. */
  faultEnded(fault: Fault): void {
    if (fault.kind !== 'terminate' && 'node' in fault) this.#leavingUs.delete(fault.node);
  }

  ended({ program, node }: ProcessRef): void {
    if (program === 'speaker') this.#leavingUs.delete(node);
  }

  routed(router: BgpRouter, node: string, event: RouterEvent): void {
    if (event.kind === 'established') this.#metUs.set(`${router.name} ${node}`, this.#scene.nowUs);
    if (!this.#leavingUs.has(node)) return;
    if (event.kind === 'update')
      for (const prefix of event.update.withdrawn) this.#judgeWithdrawn(router, node, prefix);
    if (event.kind !== 'notification' || event.code !== cease) return;
    const left = router.routesOf(node).size;
    this.#tally.judge(
      left === 0,
      node,
      () => `ends its session with ${router.name} before it has withdrawn ${left} routes`,
    );
  }

  #judgeWithdrawn(router: BgpRouter, node: string, prefix: string): void {
    const route = router.routesOf(node).get(prefix);
    if (route === undefined) return;
    const isAvoided = route.communities.includes(gracefulShutdown);
    // Whoever meets it while it leaves has less time: all others have had theirs.
    const leavingUs = this.#leavingUs.get(node) ?? 0;
    const isLate = (this.#metUs.get(`${router.name} ${node}`) ?? 0) > leavingUs;
    const ms = (this.#scene.nowUs - (isLate ? leavingUs : route.sinceUs)) / 1000;
    this.#tally.judge(isAvoided && ms >= boundsMs.avoided, prefix, () => {
      return `${node} withdraws it at ${router.name}, ${isAvoided ? `${ms} ms after` : 'without'} GRACEFUL_SHUTDOWN`;
    });
  }
}

/** What befalls another node is nothing to this one. */
function mayDisturb(fault: Fault, node: string): boolean {
  return !('node' in fault) || fault.node === node;
}
