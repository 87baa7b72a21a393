// Crashes of nodes that befall a world in which nothing else is wrong: what follows can be put down to them.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Scene } from './scene.ts';

export interface Crash {
  readonly node: string;
  readonly atUs: number;
  /** Those that it alone answered for, and others may. */
  readonly addresses: ReadonlySet<Ip>;
}

export class Crashes {
  readonly #scene: Scene;
  #wasCalm = false;
  #current: Crash | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** The last one, as long as nothing else happens. */
  get current(): Crash | undefined {
    return this.#current;
  }

  tick(): void {
    this.#wasCalm = this.#scene.calm.sinceUs !== undefined;
  }

  /** The scene knows of it already. */
  faultBegan(fault: Fault): void {
    const isCrash = fault.kind === 'power loss' || fault.kind === 'kernel hang';
    this.#current = isCrash && this.#wasCalm ? this.#crash(fault.node) : undefined;
    this.#wasCalm = false;
  }

  /** Whatever ends changes what follows. */
  faultEnded(): void {
    this.#current = undefined;
  }

  #crash(node: string): Crash {
    const { world, nowUs } = this.#scene;
    return { node, atUs: nowUs, addresses: new Set(world.shown.all.filter((ip) => this.#isMovable(ip, node))) };
  }

  #isMovable(ip: Ip, node: string): boolean {
    const answerers = this.#scene.answerers(ip);
    const { nodes } = this.#scene.candidates.of(ip);
    return answerers.size === 1 && answerers.has(node) && [...nodes.keys()].some((other) => other !== node);
  }
}
