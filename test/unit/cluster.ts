// A cluster for tests of whole programs: the simulated apiserver, a millisecond away, with objects that tests read without further ado.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeRequest, Resource } from '#shared/kube/kube-api.ts';
import { namespaces } from '#shared/kube/resources.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import { Apiserver } from '#test/simulation/apiserver/apiserver.ts';
import type { KubeObject, Manifest } from '#test/simulation/apiserver/object.ts';
import type { StoreChange } from '#test/simulation/apiserver/store.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- objects of any kind, read by tests that know what they made
export type AnyObject = Record<string, any>;

export class Cluster {
  readonly apiserver: Apiserver;
  /** All requests that wrote something, in order. */
  readonly writes: KubeRequest[] = [];
  /** Uids, in order. */
  readonly #added: string[] = [];

  constructor(clock: VirtualClock, ...namespaceNames: readonly string[]) {
    this.apiserver = new Apiserver({ scheduler: clock.scheduler, random: (purpose) => randomFor(1, purpose) });
    this.apiserver.onPerformed(({ request, hasWritten }) => {
      if (hasWritten) this.writes.push(request);
    });
    this.follow(({ type, object }) => {
      if (type === 'ADDED') this.#added.push(object.metadata.uid);
    });
    for (const name of namespaceNames) this.put(namespaces, { metadata: { name } });
  }

  follow(follower: (change: StoreChange) => void): Cancel {
    return this.apiserver.store.follow(follower);
  }

  /** In the order in which they were created. */
  list(resource: Resource): readonly AnyObject[] {
    const rank = ({ metadata }: KubeObject): number => this.#added.lastIndexOf(metadata.uid);
    return this.apiserver.list(resource).toSorted((a, b) => rank(a) - rank(b));
  }

  get(resource: Resource, namespace: string | undefined, name: string): AnyObject | undefined {
    return this.apiserver.get(resource, namespace, name);
  }

  /** As a user or a controller of the cluster writes it. */
  put(resource: Resource, object: AnyObject): KubeObject {
    return this.apiserver.put(resource, object as Manifest);
  }

  edit(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: AnyObject) => AnyObject,
  ): void {
    this.apiserver.edit(resource, namespace, name, (object) => change(object) as Manifest);
  }

  remove(resource: Resource, namespace: string | undefined, name: string): void {
    if (this.apiserver.remove(resource, namespace, name) === undefined)
      throw new Error(`there is no ${resource.kind} ${name}`);
  }

  /** Requests like this are refused until the answer is called. */
  refuse(matches: (request: KubeRequest) => boolean, code: number): Cancel {
    const error = refusal(code, `refused with ${code}`);
    return this.apiserver.troubles.begin({
      what: `refused with ${code}`,
      fate: (request) => (request.verb !== undefined && matches(request) ? { kind: 'refused', error } : undefined),
    });
  }
}
