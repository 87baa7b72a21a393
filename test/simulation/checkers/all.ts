// All invariants on one run. A violation ends it, unless all are to be collected.
import type { Observer } from '../observer.ts';
import type { World } from '../world/world.ts';
import { A1 } from './a1.ts';
import { A2 } from './a2.ts';
import { A3 } from './a3.ts';
import { A4 } from './a4.ts';
import { B1 } from './b1.ts';
import { B2 } from './b2.ts';
import { B3 } from './b3.ts';
import { Tally, type Checker, type Invariant, type Measured, type NewChecker, type Violation } from './checker.ts';
import { K1 } from './k1.ts';
import { K2 } from './k2.ts';
import { L1 } from './l1.ts';
import { L2 } from './l2.ts';
import { L3 } from './l3.ts';
import { L4 } from './l4.ts';
import { L5 } from './l5.ts';
import { L6 } from './l6.ts';
import { L7 } from './l7.ts';
import { L8 } from './l8.ts';
import { L9 } from './l9.ts';
import { L10 } from './l10.ts';
import { L11 } from './l11.ts';
import { L12 } from './l12.ts';
import { L13 } from './l13.ts';
import { L14 } from './l14.ts';
import { M1 } from './m1.ts';
import { Liveness } from './liveness.ts';
import { Scene } from './scene.ts';

export interface CheckersOptions {
  /** Told of each violation as it is found. */
  readonly found?: (violation: Violation) => void;
  /** Goes on after a violation. */
  readonly keepGoing?: boolean;
  /** Everything is judged anew each second, not only at the end: for those who doubt the checkers. */
  readonly isThorough?: boolean;
}

const checkers: Readonly<Record<Invariant, NewChecker>> = {
  A1: (scene, tally) => new A1(scene, tally),
  A2: (scene, tally) => new A2(scene, tally),
  A3: (scene, tally) => new A3(scene, tally),
  A4: (scene, tally) => new A4(scene, tally),
  B1: (scene, tally) => new B1(scene, tally),
  B2: (scene, tally) => new B2(scene, tally),
  B3: (scene, tally) => new B3(scene, tally),
  K1: (scene, tally) => new K1(scene, tally),
  K2: (scene, tally) => new K2(scene, tally),
  L1: (scene, tally) => new L1(scene, tally),
  L2: (scene, tally) => new L2(scene, tally),
  L3: (scene, tally) => new L3(scene, tally),
  L4: (scene, tally) => new L4(scene, tally),
  L5: (scene, tally) => new L5(scene, tally),
  L6: (scene, tally) => new L6(scene, tally),
  L7: (scene, tally) => new L7(scene, tally),
  L8: (scene, tally) => new L8(scene, tally),
  L9: (scene, tally) => new L9(scene, tally),
  L10: (scene, tally) => new L10(scene, tally),
  L11: (scene, tally) => new L11(scene, tally),
  L12: (scene, tally) => new L12(scene, tally),
  L13: (scene, tally) => new L13(scene, tally),
  L14: (scene, tally) => new L14(scene, tally),
  M1: (scene, tally) => new M1(scene, tally),
  Liveness: (scene, tally) => new Liveness(scene, tally),
};

export const invariants = Object.keys(checkers) as readonly Invariant[];

const tickUs = 1_000_000;

export class Checkers {
  /** In the order in which they were found. */
  readonly violations: Violation[] = [];
  readonly tallies: readonly Tally[];
  readonly #world: World;
  readonly #scene: Scene;
  readonly #options: CheckersOptions;
  readonly #all: readonly Checker[];

  /** To be made before anything happens in the world. */
  constructor(world: World, options: CheckersOptions = {}) {
    this.#world = world;
    this.#options = options;
    this.#scene = new Scene(world);
    const nowUs = (): number => world.scheduler.nowUs;
    this.tallies = invariants.map((invariant) => new Tally(invariant, nowUs, (violation) => this.#found(violation)));
    this.#all = this.tallies.map((tally) => checkers[tally.invariant](this.#scene, tally));
    world.observe(together([this.#scene, ...this.#all]));
    this.#tickLater();
  }

  /** How often each invariant was judged on something: 0 over many runs means that it shows nothing. */
  get evaluations(): ReadonlyMap<Invariant, number> {
    return new Map(this.tallies.map(({ invariant, evaluated }) => [invariant, evaluated]));
  }

  /** Of those that have a bound and came to measure something. */
  get worst(): ReadonlyMap<Invariant, Measured> {
    return new Map(this.tallies.flatMap(({ invariant, worst }) => (worst === undefined ? [] : [[invariant, worst]])));
  }

  /** The run is over: `World.finish` was called. */
  finish(): void {
    this.#checkAll();
  }

  #tickLater(): void {
    this.#world.scheduler.after(tickUs, () => {
      this.#scene.tick();
      for (const checker of this.#all) checker.tick?.();
      if (this.#options.isThorough === true) this.#checkAll();
      this.#tickLater();
    });
  }

  #checkAll(): void {
    for (const checker of this.#all) checker.checkAll?.();
    for (const checker of this.#all) checker.tick?.();
  }

  #found(violation: Violation): void {
    const { found, keepGoing = false } = this.#options;
    if (!keepGoing && this.violations.length > 0) return;
    this.violations.push(violation);
    found?.(violation);
    if (!keepGoing) this.#world.scheduler.stop();
  }
}

/** One observer that tells those who want to know, and nobody else. */
function together(observers: readonly Observer[]): Observer {
  const wanting = <Name extends keyof Observer>(name: Name): readonly Required<Pick<Observer, Name>>[] =>
    observers.filter((observer) => observer[name] !== undefined) as unknown as readonly Required<
      Pick<Observer, Name>
    >[];
  const lists = {
    stored: wanting('stored'),
    requested: wanting('requested'),
    answered: wanting('answered'),
    watching: wanting('watching'),
    watched: wanting('watched'),
    answering: wanting('answering'),
    sent: wanting('sent'),
    datagram: wanting('datagram'),
    explained: wanting('explained'),
    routed: wanting('routed'),
    outage: wanting('outage'),
    started: wanting('started'),
    ended: wanting('ended'),
    faultBegan: wanting('faultBegan'),
    faultEnded: wanting('faultEnded'),
  };
  return {
    stored: (...told) => lists.stored.forEach((observer) => observer.stored(...told)),
    requested: (...told) => lists.requested.forEach((observer) => observer.requested(...told)),
    answered: (...told) => lists.answered.forEach((observer) => observer.answered(...told)),
    watching: (...told) => lists.watching.forEach((observer) => observer.watching(...told)),
    watched: (...told) => lists.watched.forEach((observer) => observer.watched(...told)),
    answering: (...told) => lists.answering.forEach((observer) => observer.answering(...told)),
    sent: (...told) => lists.sent.forEach((observer) => observer.sent(...told)),
    // Told of each beat: nothing is collected for these.
    datagram: (node, segment, packet) => {
      for (const observer of lists.datagram) observer.datagram(node, segment, packet);
    },
    explained: (process, step) => {
      for (const observer of lists.explained) observer.explained(process, step);
    },
    routed: (...told) => lists.routed.forEach((observer) => observer.routed(...told)),
    outage: (...told) => lists.outage.forEach((observer) => observer.outage(...told)),
    started: (...told) => lists.started.forEach((observer) => observer.started(...told)),
    ended: (...told) => lists.ended.forEach((observer) => observer.ended(...told)),
    faultBegan: (...told) => lists.faultBegan.forEach((observer) => observer.faultBegan(...told)),
    faultEnded: (...told) => lists.faultEnded.forEach((observer) => observer.faultEnded(...told)),
  };
}
