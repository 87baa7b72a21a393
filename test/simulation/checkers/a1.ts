// A1: no address in the status of two Services that may not share it. Whoever writes the second one is wrong at once, unless users changed what
// may be shared while the writer could not know, or the Lease changed hands with a write under way; that is to be repaired soon.
import { services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { StoreChange } from '../apiserver/store.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { mayShare, serviceFacts, type ServiceFacts } from './facts.ts';
import type { Scene } from './scene.ts';

/** A write takes at most so long, so it may be stored so long after its writer has lost the Lease (spec/kubernetes.md §7). */
const overlapUs = 10_000_000;

export class A1 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Since when an address is in conflict. */
  readonly #conflicts = new Map<Ip, number>();

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  stored({ resource, type, object, before }: StoreChange): void {
    if (resource.plural !== services.plural) return;
    const facts = serviceFacts(object);
    const had = before === undefined ? [] : serviceFacts(before).addresses;
    const has = type === 'DELETED' ? [] : facts.addresses;
    for (const ip of has) this.#judge(ip, facts, !had.includes(ip));
    for (const ip of had) if (!has.includes(ip)) this.#look(ip);
  }

  tick(): void {
    const { nowUs, calm } = this.#scene;
    for (const [ip, sinceUs] of this.#conflicts) {
      if (calm.sinceUs === undefined) continue;
      const ms = (nowUs - Math.max(sinceUs, calm.sinceUs)) / 1000;
      this.#tally.measure(ms, boundsMs.repair, ip, () => `held by ${this.#names(ip)} for ${ms} ms`);
    }
  }

  checkAll(): void {
    for (const ip of this.#scene.world.shown.all) this.#look(ip);
  }

  #judge(ip: Ip, facts: ServiceFacts, isNew: boolean): void {
    this.#look(ip);
    for (const other of this.#holders(ip)) {
      if (other.key === facts.key) continue;
      const holds = mayShare(facts, other) || !isNew || this.#isExcused(facts, other);
      this.#tally.judge(holds, ip, () => `given to ${facts.key}, which may not share it with ${other.key}`);
    }
  }

  /** The writer could not know better. */
  #isExcused(facts: ServiceFacts, other: ServiceFacts): boolean {
    const { declared, sight, nowUs } = this.#scene;
    if (declared.ledUs >= Math.min(sight.horizonUs, nowUs - overlapUs)) return true;
    const others = declared.serviceSince(other.key);
    return declared.serviceSince(facts.key).some((then) => {
      return then !== undefined && others.some((past) => past !== undefined && mayShare(then, past));
    });
  }

  #look(ip: Ip): void {
    const holders = this.#holders(ip);
    const isConflict = holders.some((one, index) => holders.slice(index + 1).some((other) => !mayShare(one, other)));
    if (!isConflict) this.#conflicts.delete(ip);
    else if (!this.#conflicts.has(ip)) this.#conflicts.set(ip, this.#scene.nowUs);
  }

  #holders(ip: Ip): readonly ServiceFacts[] {
    return [...this.#scene.world.shown.holders(ip).values()].map(serviceFacts);
  }

  #names(ip: Ip): string {
    return this.#holders(ip)
      .map(({ key }) => key)
      .join(' and ');
  }
}
