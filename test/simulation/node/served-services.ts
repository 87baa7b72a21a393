// Which addresses of Services can be served where, as kube-proxy would have it: read from the objects themselves, not through the product's
// views, so that a wrong judgement there shows.
import { endpointSlices, services } from '#shared/kube/resources.ts';
import { familyOf, parseIp, type Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { fieldsOf, listOf, type KubeObject } from '../apiserver/object.ts';
import type { Store, StoreChange } from '../apiserver/store.ts';

/** Endpoints of one family in the tiers of kube-proxy (KEP-1669): those that terminate count where none is ready. */
interface Usable {
  readonly anywhere: boolean;
  readonly nodes: ReadonlySet<string>;
}

/** One Service as it was at some moment. */
export interface ServedService {
  readonly addresses: readonly Ip[];
  readonly isLocal: boolean;
  readonly usable: Readonly<Record<'IPv4' | 'IPv6', Usable>>;
}

export type ServedChanged = (service: string) => void;

/** Follows a store; shared by all nodes. */
export class ServedServices {
  readonly #store: Pick<Store, 'follow' | 'get' | 'list'>;
  /** By key of the Service. */
  readonly #slices = new Map<string, Map<string, KubeObject>>();
  readonly #followers = new Set<ServedChanged>();
  /** What was found out and has not changed since: all nodes ask. */
  readonly #known = new Map<string, ServedService | undefined>();

  constructor(store: Pick<Store, 'follow' | 'get' | 'list'>) {
    this.#store = store;
    for (const slice of store.list(endpointSlices)) this.#keep(slice);
    store.follow((change) => this.#happened(change));
  }

  get keys(): readonly string[] {
    return this.#store.list(services).map(keyOfObject);
  }

  /** As it is now; undefined when there is none or it has no address. */
  get(key: string): ServedService | undefined {
    if (!this.#known.has(key)) this.#known.set(key, this.#find(key));
    return this.#known.get(key);
  }

  /** Tells the key of each Service of which something changed. */
  follow(changed: ServedChanged): Cancel {
    this.#followers.add(changed);
    return () => void this.#followers.delete(changed);
  }

  #find(key: string): ServedService | undefined {
    const [namespace, name = ''] = key.split('/');
    const service = this.#store.get(services, namespace, name);
    const addresses = service === undefined ? [] : addressesOf(service);
    if (service === undefined || addresses.length === 0) return undefined;
    const slices = [...(this.#slices.get(key)?.values() ?? [])];
    return {
      addresses,
      isLocal: fieldsOf(service['spec'])['externalTrafficPolicy'] === 'Local',
      usable: { IPv4: usableIn(slices, 'IPv4'), IPv6: usableIn(slices, 'IPv6') },
    };
  }

  #happened({ type, resource, before, object }: StoreChange): void {
    if (resource.plural === services.plural) return this.#tell(keyOfObject(object));
    if (resource.plural !== endpointSlices.plural) return;
    if (before !== undefined) this.#forget(before);
    if (type !== 'DELETED') this.#keep(object);
    const keys = new Set([serviceOf(object), serviceOf(before ?? object)]);
    for (const key of keys) this.#tell(key);
  }

  #tell(key: string): void {
    this.#known.delete(key);
    for (const follower of this.#followers) follower(key);
  }

  #keep(slice: KubeObject): void {
    const key = serviceOf(slice);
    const slices = this.#slices.get(key) ?? new Map<string, KubeObject>();
    this.#slices.set(key, slices.set(slice.metadata.name, slice));
  }

  #forget(slice: KubeObject): void {
    const key = serviceOf(slice);
    const slices = this.#slices.get(key);
    slices?.delete(slice.metadata.name);
    if (slices?.size === 0) this.#slices.delete(key);
  }
}

/** This node hands on what comes for the address. */
export function isServedOn({ isLocal, usable }: ServedService, node: string, ip: Ip): boolean {
  const { anywhere, nodes } = usable[familyOf(ip)];
  return isLocal ? nodes.has(node) : anywhere;
}

function addressesOf(service: KubeObject): readonly Ip[] {
  const spec = fieldsOf(service['spec']);
  const isOthers = service.metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined;
  if (spec['type'] !== 'LoadBalancer' || isOthers) return [];
  const ingress = listOf(fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress']);
  return ingress.flatMap((entry) => {
    const { ip, ipMode } = fieldsOf(entry);
    const parsed = typeof ip === 'string' && ipMode !== 'Proxy' ? parseIp(ip) : undefined;
    return parsed ?? [];
  });
}

function usableIn(slices: readonly KubeObject[], family: 'IPv4' | 'IPv6'): Usable {
  const endpoints = slices
    .filter((slice) => slice['addressType'] === family)
    .flatMap((slice) => listOf(slice['endpoints']).map(fieldsOf))
    .map((endpoint) => ({ node: String(endpoint['nodeName']), conditions: fieldsOf(endpoint['conditions']) }));
  const nodesWith = (usable: (conditions: Readonly<Record<string, unknown>>) => boolean): Set<string> =>
    new Set(endpoints.filter(({ conditions }) => usable(conditions)).map(({ node }) => node));
  const ready = nodesWith((conditions) => conditions['ready'] !== false);
  const terminating = nodesWith(({ ready: isReady, serving, terminating: ends }) => {
    return isReady === false && serving !== false && ends === true;
  });
  return { anywhere: ready.size + terminating.size > 0, nodes: ready.union(terminating) };
}

function serviceOf(slice: KubeObject): string {
  return `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
}

function keyOfObject({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace ?? ''}/${name}`;
}
