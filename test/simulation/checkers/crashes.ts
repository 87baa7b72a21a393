// Crashes of nodes and of speakers that befall a world in which nothing else is wrong: what follows can be put down to them. Loss on the LAN is
// nothing wrong: bounds speak of it.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Observer, ProcessRef } from '../observer.ts';
import type { World } from '../world/world.ts';
import { Calm } from './calm.ts';
import type { Candidates } from './candidates.ts';
import { isWeather } from './lan-weather.ts';

export interface Crash {
  readonly what: 'node' | 'speaker';
  readonly node: string;
  readonly atUs: number;
  /** Those that it alone answered for, and others may. */
  readonly addresses: ReadonlySet<Ip>;
}

export interface CrashesScene {
  readonly world: World;
  readonly nowUs: number;
  answerers(ip: Ip): ReadonlySet<string>;
  readonly candidates: { of(ip: Ip): Candidates };
}

export class Crashes implements Observer {
  readonly #scene: CrashesScene;
  readonly #calm: Calm;
  #wasCalm = false;
  #current: Crash | undefined;

  constructor(scene: CrashesScene) {
    this.#scene = scene;
    this.#calm = new Calm(scene.world.scheduler, (fault) => !isWeather(fault));
  }

  /** The last one, as long as nothing else happens. */
  current(what: Crash['what']): Crash | undefined {
    return this.#current?.what === what ? this.#current : undefined;
  }

  tick(): void {
    this.#wasCalm = this.#calm.sinceUs !== undefined;
  }

  faultBegan(fault: Fault): void {
    this.#calm.faultBegan(fault);
    const isNode = fault.kind === 'power loss' || fault.kind === 'kernel hang';
    const isSpeaker = fault.kind === 'crash' && fault.program === 'speaker';
    this.#current =
      (isNode || isSpeaker) && this.#wasCalm ? this.#crash(isNode ? 'node' : 'speaker', fault.node) : undefined;
    this.#wasCalm = false;
  }

  /** Whatever ends changes what follows; but the crash of a program ends at once. */
  faultEnded(fault: Fault): void {
    this.#calm.faultEnded(fault);
    if (fault.kind !== 'crash') this.#current = undefined;
  }

  started(process: ProcessRef): void {
    this.#calm.started(process);
  }

  ended(process: ProcessRef): void {
    this.#calm.ended(process);
    if (this.#current?.what === 'speaker' && this.#scene.nowUs > this.#current.atUs) this.#current = undefined;
  }

  #crash(what: Crash['what'], node: string): Crash {
    const { world, nowUs } = this.#scene;
    return { what, node, atUs: nowUs, addresses: new Set(world.shown.all.filter((ip) => this.#isMovable(ip, node))) };
  }

  #isMovable(ip: Ip, node: string): boolean {
    const { world, candidates } = this.#scene;
    // Of two, one that hears nothing else on the LAN cannot know which of them is cut off.
    if (world.options.routerAbsent === true && world.options.nodes === 2) return false;
    const answerers = this.#scene.answerers(ip);
    const { nodes, isServed } = candidates.of(ip);
    return isServed && answerers.size === 1 && answerers.has(node) && [...nodes.keys()].some((other) => other !== node);
  }
}
