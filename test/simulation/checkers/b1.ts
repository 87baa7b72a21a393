// B1: what routers hear of a node while its speaker restarts, and at all times: no withdrawal of what is wanted, no NOTIFICATION but from a node
// that is to go or has not heard the router, never two sessions, and End-of-RIB only once everything that is wanted was told.
import type { BgpRouter, RouterEvent } from '../routers/bgp-router.ts';
import { familyOf } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Update } from '../routers/bgp-message.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { ipOf, prefixOf, WantedRoutes } from './routes.ts';
import type { Scene } from './scene.ts';

const cease = 6;
const holdExpired = 4;

export class B1 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #wanted: WantedRoutes;
  /** By node: until when it may leave all routers, for it is excluded. */
  readonly #excludedUntilUs = new Map<string, number>();
  /** By node: until when its speaker may leave routers that do not help those that restart, for it was asked to end. */
  readonly #askedUntilUs = new Map<string, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    this.#wanted = new WantedRoutes(scene);
  }

  faultBegan(fault: Fault): void {
    if (fault.kind === 'exclude label') this.#excludedUntilUs.set(fault.node, Infinity);
    for (const node of this.#askedBy(fault)) {
      const forMs = 'forMs' in fault ? fault.forMs : 0;
      this.#askedUntilUs.set(node, this.#scene.nowUs + (forMs + boundsMs.ending) * 1000);
    }
  }

  faultEnded(fault: Fault): void {
    this.#wanted.faultEnded(fault);
    if (fault.kind !== 'exclude label') return;
    this.#excludedUntilUs.set(fault.node, this.#scene.nowUs + boundsMs.leaveRoutes * 1000);
  }

  routed(router: BgpRouter, node: string, event: RouterEvent): void {
    switch (event.kind) {
      case 'twice':
        return this.#tally.violated(node, `has two sessions with ${router.name}`);
      case 'notification':
        return this.#tally.judge(this.#mayNotify(router, node, event.code), node, () => {
          return `says NOTIFICATION ${event.code}/${event.subcode} to ${router.name}, and is not to go`;
        });
      case 'update':
        return this.#judgeUpdate(router, node, event.update);
      case 'flushed':
        // It is back, and has told everything as far as the router can know.
        if (!router.isEstablished(node)) return;
        return this.#judgeGone(router, node, event.prefixes, 'did not tell again in time');
      case 'established':
      case 'lost':
    }
  }

  /** Speakers on these nodes are asked to end. */
  #askedBy(fault: Fault): readonly string[] {
    if (fault.kind === 'roll') return fault.program === 'speaker' ? [...this.#scene.world.machines.keys()] : [];
    const asks = fault.kind === 'terminate' || fault.kind === 'surge';
    return asks && fault.program === 'speaker' ? [fault.node] : [];
  }

  #isLeaving({ helps }: BgpRouter, node: string): boolean {
    const { nowUs } = this.#scene;
    if ((this.#excludedUntilUs.get(node) ?? -Infinity) >= nowUs) return true;
    return !helps && (this.#askedUntilUs.get(node) ?? -Infinity) >= nowUs;
  }

  #mayNotify(router: BgpRouter, node: string, code: number): boolean {
    if (code === cease) return this.#isLeaving(router, node);
    return code === holdExpired && this.#scene.calm.sinceUs === undefined;
  }

  #judgeUpdate(router: BgpRouter, node: string, { withdrawn, endOfRib }: Update): void {
    this.#judgeGone(router, node, withdrawn, 'withdraws');
    if (endOfRib === undefined) return;
    const held = router.routesOf(node);
    const knownUs = this.#scene.nowUs - boundsMs.view * 1000;
    for (const ip of this.#wanted.addresses.filter((each) => familyOf(each) === endOfRib)) {
      if (!this.#wanted.isSurelyWanted(node, ip) || this.#scene.candidates.changedUs(ip) > knownUs) continue;
      const route = held.get(prefixOf(ip));
      const isTold = route !== undefined && !route.stale;
      this.#tally.judge(isTold, ip, () => `${node} says End-of-RIB to ${router.name}, and has not told it`);
    }
  }

  #judgeGone(router: BgpRouter, node: string, prefixes: readonly string[], what: string): void {
    const isLeaving = this.#isLeaving(router, node);
    for (const prefix of prefixes) {
      const isWanted = this.#wanted.isSurelyWanted(node, ipOf(prefix)) && !isLeaving;
      this.#tally.judge(!isWanted, prefix, () => `${node} ${what} it at ${router.name}, and it is wanted`);
    }
  }
}
