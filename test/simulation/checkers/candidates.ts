// Who may answer for an address by what the apiserver says: computed anew from the objects, by the rules of spec/layer2.md and KEP-1669, not by
// the product's code.
import assert from 'node:assert';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { endpointSlices, nodes, pods, services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { fieldsOf, keyOf, listOf, type KubeObject } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';
import type { Observer } from '../observer.ts';
import type { World } from '../world/world.ts';
import type { Calm } from './calm.ts';
import type { Declared } from './declared.ts';
import { holds, isOlder, serviceFacts, type ServiceFacts } from './facts.ts';
import { Past } from './past.ts';

export interface Candidates {
  /** In the order of their names; true: Ready. */
  readonly nodes: ReadonlyMap<string, boolean>;
  /** Those that some Service behind it reaches: they tell routers so, each for itself. */
  readonly announcers: ReadonlySet<string>;
  /** Some Service behind it has an endpoint: somebody is to answer if there is a candidate. */
  readonly isServed: boolean;
}

/** Where the traffic of a Service has somewhere to go. */
type Usable = 'none' | 'everywhere' | ReadonlySet<string>;

const nobody: Candidates = { nodes: new Map(), announcers: new Set(), isServed: false };
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';
const taints: ReadonlySet<unknown> = new Set(['node.kubernetes.io/out-of-service', 'ToBeDeletedByClusterAutoscaler']);

interface Known {
  readonly past: Past<Candidates>;
  changedUs: number;
}

export class CandidatesOfAddresses implements Observer {
  readonly #world: World;
  readonly #sight: Calm;
  readonly #declared: Declared;
  readonly #changed: (ip: Ip) => void;
  readonly #known = new Map<Ip, Known>();
  readonly #slices = new Map<string, KubeObject>();
  #nodes: ReadonlyMap<string, boolean> | undefined;

  /** Tells each address whose candidates are others now, or that is no longer shown. */
  constructor(world: World, sight: Calm, declared: Declared, changed: (ip: Ip) => void) {
    this.#world = world;
    this.#sight = sight;
    this.#declared = declared;
    this.#changed = changed;
  }

  of(ip: Ip): Candidates {
    return this.#known.get(ip)?.past.now ?? nobody;
  }

  /** As they are, and as programs may still take them to be, oldest first. */
  since(ip: Ip): readonly Candidates[] {
    return this.#known.get(ip)?.past.since(this.#sight.horizonUs) ?? [];
  }

  changedUs(ip: Ip): number {
    return this.#known.get(ip)?.changedUs ?? 0;
  }

  stored(change: StoreChange): void {
    const { resource, object, before, type } = change;
    switch (resource.plural) {
      case services.plural:
        return this.#look([
          ...(before === undefined ? [] : serviceFacts(before).addresses),
          ...serviceFacts(object).addresses,
        ]);
      case endpointSlices.plural: {
        const key = serviceOf(object);
        if (type === 'DELETED') this.#slices.delete(key);
        else this.#slices.set(key, object);
        return this.#look(this.#declared.service(key)?.addresses ?? []);
      }
      case nodes.plural:
      case pods.plural:
        this.#nodes = undefined;
        return this.#look(this.#world.shown.all);
      case ipAddressPools.plural:
      case l2Advertisements.plural:
        return this.#look(this.#world.shown.all);
    }
  }

  #look(addresses: readonly Ip[]): void {
    for (const ip of addresses) {
      const known = this.#known.get(ip);
      const now = this.#find(ip);
      if (known !== undefined && isSame(known.past.now, now)) continue;
      const { nowUs } = this.#world.scheduler;
      const kept = known ?? { past: new Past(nobody), changedUs: nowUs };
      kept.changedUs = nowUs;
      kept.past.become(now, nowUs);
      this.#known.set(ip, kept);
      this.#changed(ip);
    }
  }

  #find(ip: Ip): Candidates {
    const holders = sharing(
      [...this.#world.shown.holders(ip).values()].map(serviceFacts).filter(({ isOurs }) => isOurs),
    );
    const isAdvertised = this.#isAdvertised && this.#declared.pools.some((pool) => holds(pool, ip));
    if (holders.length === 0 || !isAdvertised) return nobody;
    const usable = holders.map((holder) => this.#usable(holder));
    const isServed = usable.some((where) => where !== 'none');
    const deciding = isServed ? usable.filter((where) => where !== 'none') : usable;
    const reaches = (node: string): boolean => deciding.every((where) => leadsTo(where, node));
    const announces = (node: string): boolean => isServed && deciding.some((where) => leadsTo(where, node));
    const all = [...this.#allNodes];
    const announcers = new Set(all.map(([node]) => node).filter(announces));
    return { nodes: new Map(all.filter(([node]) => reaches(node))), announcers, isServed };
  }

  get #isAdvertised(): boolean {
    const advertisements = this.#world.apiserver.list(l2Advertisements);
    for (const { spec } of advertisements) {
      assert(
        Object.values(fieldsOf(spec)).every((list) => listOf(list).length === 0),
        'not known to checkers',
      );
    }
    return advertisements.length > 0;
  }

  /** Those with a speaker that nothing excludes. */
  get #allNodes(): ReadonlyMap<string, boolean> {
    this.#nodes ??= this.#findNodes();
    return this.#nodes;
  }

  #findNodes(): ReadonlyMap<string, boolean> {
    const { apiserver } = this.#world;
    const speakers = apiserver.list(pods).filter(({ metadata }) => metadata.labels?.['component'] === 'speaker');
    const withSpeaker = new Set(speakers.map((pod) => fieldsOf(pod['spec'])['nodeName']));
    const may = apiserver.list(nodes).filter((node) => withSpeaker.has(node.metadata.name) && !isExcluded(node));
    return new Map(may.map((node) => [node.metadata.name, conditionOf(node, 'Ready') === 'True']));
  }

  #usable({ key, isLocal }: ServiceFacts): Usable {
    const slice = this.#slices.get(key);
    const endpoints = listOf(slice?.['endpoints']).map((endpoint) => {
      const { nodeName, conditions } = fieldsOf(endpoint);
      return { node: String(nodeName), conditions: fieldsOf(conditions) };
    });
    const ready = endpoints.filter(({ conditions }) => conditions['ready'] !== false);
    const serving = endpoints.filter(
      ({ conditions }) => conditions['serving'] === true && conditions['terminating'] === true,
    );
    const usable = ready.length > 0 ? ready : serving;
    if (usable.length === 0) return 'none';
    return isLocal ? new Set(usable.map(({ node }) => node)) : 'everywhere';
  }
}

function leadsTo(where: Usable, node: string): boolean {
  return typeof where === 'string' || where.has(node);
}

/** The oldest has it, and with it those of the same key. */
function sharing(holders: readonly ServiceFacts[]): readonly ServiceFacts[] {
  const [first, ...others] = holders.toSorted((a, b) => (isOlder(a, b) ? -1 : 1));
  if (first === undefined) return [];
  const { key } = first.sharing;
  return [first, ...others.filter((other) => key !== '' && other.sharing.key === key)];
}

function isExcluded(node: KubeObject): boolean {
  const tainted = listOf(fieldsOf(node['spec'])['taints']).some((taint) => taints.has(fieldsOf(taint)['key']));
  const isLabelled = node.metadata.labels?.[excludeLabel] !== undefined;
  return tainted || isLabelled || conditionOf(node, 'NetworkUnavailable') === 'True';
}

function conditionOf(object: KubeObject, type: string): unknown {
  const conditions = listOf(fieldsOf(object['status'])['conditions']).map(fieldsOf);
  return conditions.find((condition) => condition['type'] === type)?.['status'];
}

function serviceOf({ metadata: { namespace, labels } }: KubeObject): string {
  return keyOf(namespace, labels?.['kubernetes.io/service-name'] ?? '');
}

function isSame(a: Candidates, b: Candidates): boolean {
  const isSameNodes =
    a.nodes.size === b.nodes.size && [...a.nodes].every(([node, ready]) => b.nodes.get(node) === ready);
  const isSameAnnouncers = a.announcers.size === b.announcers.size && a.announcers.isSubsetOf(b.announcers);
  return isSameNodes && isSameAnnouncers && a.isServed === b.isServed;
}
