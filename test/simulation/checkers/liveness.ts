// Liveness: when it has been quiet for a while every Service that can have an address has one, every address that somebody can answer for is
// reached by its clients, and conditions say what is.
import { familyOf, type Ip } from '#shared/net/ip.ts';
import { services } from '#shared/kube/resources.ts';
import { fieldsOf, listOf, type KubeObject } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { isInPool, mayShare, serviceFacts, type ServiceFacts } from './facts.ts';
import type { Scene } from './scene.ts';

type What = 'given' | 'reached' | 'Allocated' | 'Announced';

const boundOf: Readonly<Record<What, number>> = {
  given: boundsMs.reach,
  reached: boundsMs.reach,
  Allocated: boundsMs.condition,
  Announced: boundsMs.condition,
};

export class Liveness implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  /** Since when something is missing, by what it is. */
  readonly #missing = new Map<string, number>();
  /**
   * Ceased to be ours while nobody may have led. A new leader finds such Services by their annotation, which those without an address do not have
   * (spec/kubernetes.md §2): their condition stays.
   */
  readonly #left = new Set<string>();
  /** When something changed that others take their time for. */
  #changedUs = 0;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
    scene.onTouched(() => (this.#changedUs = scene.nowUs));
  }

  stored({ resource, before, object }: StoreChange): void {
    if (resource.plural !== services.plural) return;
    const facts = serviceFacts(object);
    const isSame = before !== undefined && serviceFacts(before).wish === facts.wish;
    if (!isSame) this.#changedUs = this.#scene.nowUs;
    if (facts.isOurs) this.#left.delete(facts.key);
    else if (!isSame && this.#scene.sight.sinceUs === undefined) this.#left.add(facts.key);
  }

  tick(): void {
    const { calm, world } = this.#scene;
    if (calm.sinceUs === undefined) return this.#missing.clear();
    for (const service of world.apiserver.list(services)) this.#judgeService(service);
    for (const ip of world.shown.all) this.#judgeAddress(ip);
  }

  #judgeService(service: KubeObject): void {
    const facts = serviceFacts(service);
    const { key } = facts;
    const hasAddress = facts.addresses.length >= facts.families.length;
    this.#see(
      'given',
      key,
      !facts.isOurs || hasAddress || !this.#canBeGiven(facts),
      () => 'has no address, and there is one',
    );
    const allocated = facts.isOurs ? (hasAddress ? 'True' : 'False') : undefined;
    const isAllocated = this.#left.has(key) || conditionOf(service, 'ingot.dev/Allocated') === allocated;
    this.#see('Allocated', key, isAllocated, () => `condition Allocated is not ${allocated ?? 'absent'}`);
    if (!facts.isOurs) return;
    const isAnswered = facts.addresses.some((ip) => this.#scene.answerers(ip).size > 0);
    const announced = hasAddress ? (isAnswered ? 'True' : 'False') : undefined;
    const isAnnounced = conditionOf(service, 'ingot.dev/Announced') === announced;
    this.#see('Announced', key, isAnnounced, () => `condition Announced is not ${announced ?? 'absent'}`);
  }

  #judgeAddress(ip: Ip): void {
    const { nodes, isServed } = this.#scene.candidates.of(ip);
    const { clients } = this.#scene.world;
    const isWanted = isServed && nodes.size > 0 && clients.length > 0;
    this.#see('reached', ip, !isWanted || clients.some((client) => client.reaches(ip)), () => 'no client reaches it');
  }

  /** By trying every address of every pool: one of each family, from the same. */
  #canBeGiven(facts: ServiceFacts): boolean {
    const { declared, world } = this.#scene;
    const isFree = (ip: Ip): boolean => {
      const holders = [...world.shown.holders(ip).values()].map(serviceFacts);
      return isInPool(facts, ip, declared.pools) && holders.every((other) => mayShare(facts, other));
    };
    return declared.pools.some(({ addresses }) =>
      facts.families.every((family) => {
        for (const ip of addresses) if (familyOf(ip) === family && isFree(ip)) return true;
        return false;
      }),
    );
  }

  #see(what: What, subject: string, holds: boolean, message: () => string): void {
    this.#tally.evaluated++;
    if (holds && this.#missing.size === 0) return;
    const id = `${what} ${subject}`;
    if (holds) return void this.#missing.delete(id);
    const { nowUs, calm } = this.#scene;
    const missingUs = this.#missing.get(id) ?? nowUs;
    this.#missing.set(id, missingUs);
    const sinceUs = Math.max(missingUs, calm.sinceUs ?? nowUs, what === 'Announced' ? this.#changedUs : 0);
    const ms = (nowUs - sinceUs) / 1000;
    this.#tally.measure(ms, boundOf[what], subject, () => `${message()} for ${ms} ms`);
  }
}

function conditionOf(object: KubeObject, type: string): unknown {
  for (const condition of listOf(fieldsOf(object['status'])['conditions'])) {
    const { type: its, status } = fieldsOf(condition);
    if (its === type) return status;
  }
  return undefined;
}
