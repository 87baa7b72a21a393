// B2: what routers hold is what is wanted, when it is quiet; what a dead node told is gone when it was silent for the hold time; and nobody says
// anything while nothing changes.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { BgpRouter, RouterEvent } from '../routers/bgp-router.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { ipOf, prefixOf, WantedRoutes } from './routes.ts';
import type { Scene } from './scene.ts';

interface Death {
  readonly node: string;
  readonly router: BgpRouter;
  readonly atUs: number;
}

export class B2 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #wanted: WantedRoutes;
  /** Since when a router does not hold what it should, by router, node and address. */
  readonly #wrongUs = new Map<string, number>();
  #deaths: readonly Death[] = [];

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    this.#wanted = new WantedRoutes(scene);
  }

  faultBegan(fault: Fault): void {
    if (fault.kind !== 'power loss' && fault.kind !== 'kernel hang') return;
    const { node } = fault;
    const holding = this.#scene.world.routers.filter((router) => router.isEstablished(node));
    this.#deaths = [...this.#deaths, ...holding.map((router) => ({ node, router, atUs: this.#scene.nowUs }))];
  }

  routed(router: BgpRouter, node: string, event: RouterEvent): void {
    // It is back, or the router was told otherwise.
    if (event.kind === 'established' || event.kind === 'lost') {
      this.#deaths = this.#deaths.filter((death) => death.node !== node || death.router !== router);
    }
    if (event.kind !== 'update') return;
    const { withdrawn, announced } = event.update;
    const prefixes = [...withdrawn, ...announced.flatMap((each) => each.prefixes)];
    for (const prefix of prefixes) this.#judgeNews(router, node, ipOf(prefix));
  }

  tick(): void {
    this.#judgeDeaths();
    const { calm, world } = this.#scene;
    if (calm.sinceUs === undefined || world.routers.length === 0) return this.#wrongUs.clear();
    for (const router of world.routers) {
      for (const name of world.machines.keys()) this.#judgeHeld(router, name, calm.sinceUs);
    }
  }

  #judgeDeaths(): void {
    const { nowUs } = this.#scene;
    const due = ({ atUs }: Death): boolean => nowUs >= atUs + boundsMs.dead * 1000;
    for (const { node, router } of this.#deaths.filter(due)) {
      this.#tally.violated(node, `is dead for ${boundsMs.dead} ms, and ${router.name} still has its session`);
    }
    this.#deaths = this.#deaths.filter((death) => !due(death));
  }

  /** When it is quiet, and was, there is nothing to say. */
  #judgeNews(router: BgpRouter, node: string, ip: Ip): void {
    const { calm, candidates, nowUs } = this.#scene;
    if (calm.sinceUs === undefined) return;
    const ms = (nowUs - Math.max(calm.sinceUs, candidates.changedUs(ip))) / 1000;
    this.#tally.judge(
      ms <= boundsMs.routes,
      ip,
      () => `${node} tells ${router.name} of it, ${ms} ms after the last change`,
    );
  }

  #judgeHeld(router: BgpRouter, node: string, calmUs: number): void {
    const held = router.routesOf(node);
    for (const ip of this.#wanted.addresses) {
      const route = held.get(prefixOf(ip));
      const isRight = (route !== undefined && !route.stale) === this.#wanted.isWanted(node, ip);
      this.#see(`${router.name} ${node} ${ip}`, isRight, Math.max(calmUs, this.#scene.candidates.changedUs(ip)));
    }
    for (const prefix of held.keys()) {
      const isShown = this.#scene.world.shown.holders(ipOf(prefix)).size > 0;
      this.#see(`${router.name} ${node} ${prefix} shown`, isShown, calmUs);
    }
  }

  #see(what: string, isRight: boolean, quietUs: number): void {
    this.#tally.evaluated++;
    if (isRight) return void this.#wrongUs.delete(what);
    const { nowUs } = this.#scene;
    const wrongUs = this.#wrongUs.get(what) ?? nowUs;
    this.#wrongUs.set(what, wrongUs);
    const ms = (nowUs - Math.max(wrongUs, quietUs)) / 1000;
    this.#tally.measure(ms, boundsMs.routes, what, () => `is not as it is wanted, for ${ms} ms`);
  }
}
