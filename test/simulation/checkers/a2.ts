// A2: an address once in a status stays there, unless a user did something that demands otherwise, or two had it who may not share it; then
// neither the older one nor one that nobody edited gives way to one that was.
import { services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Checker, Tally } from './checker.ts';
import { isInPool, isOlder, mayShare, serviceFacts, type ServiceFacts } from './facts.ts';
import type { Scene } from './scene.ts';

export class A2 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  stored({ resource, type, object, before }: StoreChange): void {
    if (resource.plural !== services.plural || type !== 'MODIFIED' || before === undefined) return;
    const [had, has] = [serviceFacts(before), serviceFacts(object)];
    for (const ip of had.addresses) {
      const holds = has.addresses.includes(ip) || this.#isDemanded(has, ip);
      this.#tally.judge(holds, ip, () => `taken from ${had.key}, which now has ${has.addresses.join() || 'nothing'}`);
    }
  }

  /** Something that the writer may have gone by says that the Service is not to have the address. */
  #isDemanded({ key, uid }: ServiceFacts, ip: Ip): boolean {
    const { declared } = this.#scene;
    const versions = declared.serviceSince(key).filter((facts) => facts?.uid === uid) as readonly ServiceFacts[];
    if (versions.some(({ isOurs }) => !isOurs)) return true;
    if (versions.some((facts) => declared.poolsSince.some((pools) => !isInPool(facts, ip, pools)))) return true;
    const isEdited = new Set(versions.map(({ wish }) => wish)).size > 1;
    return declared
      .holdersSince(ip)
      .filter((other) => other.uid !== uid)
      .some((other) => versions.some((own) => !mayShare(own, other) && (isEdited || isOlder(other, own))));
  }
}
