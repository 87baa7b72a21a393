// What all checkers go by: the world from outside, whether it is quiet, who answers for what, and who should. It is told of everything before the
// checkers are.
import type { Ip } from '#shared/net/ip.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Fault } from '../faults/fault.ts';
import type { Nic } from '../node/nic.ts';
import type { Observer, ProcessRef } from '../observer.ts';
import type { World } from '../world/world.ts';
import { blinding } from './bounds.ts';
import { Calm } from './calm.ts';
import { CandidatesOfAddresses } from './candidates.ts';
import { Crashes } from './crashes.ts';
import { Declared } from './declared.ts';
import { Disturbances } from './disturbances.ts';
import { LanWeather } from './lan-weather.ts';

const none: ReadonlySet<string> = new Set();

export class Scene implements Observer {
  readonly world: World;
  readonly calm: Calm;
  /** Whether programs see what is, and may act on it. */
  readonly sight: Calm;
  readonly declared: Declared;
  readonly candidates: CandidatesOfAddresses;
  readonly crashes: Crashes;
  readonly disturbances: Disturbances;
  readonly weather: LanWeather;
  readonly #answerers = new Map<Ip, Set<string>>();
  readonly #touched = new Set<(ip: Ip) => void>();

  constructor(world: World) {
    this.world = world;
    this.calm = new Calm(
      world.scheduler,
      () => true,
      () => world.shown.all.forEach((ip) => this.#tell(ip)),
    );
    this.sight = new Calm(world.scheduler, ({ kind }) => blinding.has(kind));
    this.declared = new Declared(world, this.sight);
    this.candidates = new CandidatesOfAddresses(world, this.sight, this.declared, (ip) => this.#tell(ip));
    this.crashes = new Crashes(this);
    this.disturbances = new Disturbances(world.options.nodes, () => this.nowUs);
    this.weather = new LanWeather(() => this.nowUs);
  }

  get nowUs(): number {
    return this.world.scheduler.nowUs;
  }

  /** The interface of the node through which the address is to be answered. */
  nicFor(node: string, ip: Ip): Nic {
    return this.world.machine(node).nicOn(this.world.lanOf(ip).name);
  }

  /** Nodes that answer for it now. */
  answerers(ip: Ip): ReadonlySet<string> {
    return this.#answerers.get(ip) ?? none;
  }

  /** Tells each address for which others answer, or should, than did before. */
  onTouched(touched: (ip: Ip) => void): void {
    this.#touched.add(touched);
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    const nodes = this.#answerers.get(ip) ?? new Set();
    this.#answerers.set(ip, nodes);
    if (isAnswering) nodes.add(node);
    else nodes.delete(node);
    this.#tell(ip);
  }

  stored(change: StoreChange): void {
    this.declared.stored(change);
    this.candidates.stored(change);
  }

  started(process: ProcessRef): void {
    for (const each of [this.calm, this.sight, this.crashes, this.disturbances]) each.started(process);
  }

  ended(process: ProcessRef): void {
    for (const each of [this.calm, this.sight, this.crashes, this.disturbances]) each.ended(process);
  }

  faultBegan(fault: Fault): void {
    for (const each of this.#followers) each.faultBegan(fault);
  }

  faultEnded(fault: Fault): void {
    for (const each of this.#followers) each.faultEnded(fault);
  }

  tick(): void {
    this.declared.forget();
    this.crashes.tick();
  }

  get #followers(): readonly (Calm | Crashes | Disturbances | LanWeather)[] {
    return [this.calm, this.sight, this.crashes, this.disturbances, this.weather];
  }

  #tell(ip: Ip): void {
    for (const touched of this.#touched) touched(ip);
  }
}
