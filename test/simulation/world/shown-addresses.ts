// Which Services show which addresses in the apiserver's own store, kept up change by change.
import { services } from '#shared/kube/resources.ts';
import type { Ip } from '#shared/net/ip.ts';
import { fieldsOf, keyOf, listOf, type KubeObject } from '../apiserver/object.ts';
import type { StoreChange } from '../apiserver/store.ts';

export interface ShownAddressesListener {
  /** The first Service shows it. */
  appeared(ip: Ip): void;
  /** No Service shows it any more. */
  vanished(ip: Ip): void;
}

export class ShownAddresses {
  readonly #holders = new Map<Ip, Map<string, KubeObject>>();
  readonly #listener: ShownAddressesListener;

  constructor(listener: ShownAddressesListener) {
    this.#listener = listener;
  }

  get all(): readonly Ip[] {
    return [...this.#holders.keys()];
  }

  /** By the key of the Service. */
  holders(ip: Ip): ReadonlyMap<string, KubeObject> {
    return this.#holders.get(ip) ?? new Map<string, KubeObject>();
  }

  changed({ resource, before, object, type }: StoreChange): void {
    if (resource.plural !== services.plural) return;
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const now = type === 'DELETED' ? [] : shownBy(object);
    for (const ip of before === undefined ? [] : shownBy(before)) if (!now.includes(ip)) this.#remove(ip, key);
    for (const ip of now) this.#add(ip, key, object);
  }

  #add(ip: Ip, key: string, object: KubeObject): void {
    const holders = this.#holders.get(ip);
    if (holders !== undefined) return void holders.set(key, object);
    this.#holders.set(ip, new Map([[key, object]]));
    this.#listener.appeared(ip);
  }

  #remove(ip: Ip, key: string): void {
    const holders = this.#holders.get(ip);
    holders?.delete(key);
    if (holders?.size !== 0) return;
    this.#holders.delete(ip);
    this.#listener.vanished(ip);
  }
}

/** Of a Service's status. */
export function shownBy(service: KubeObject): readonly Ip[] {
  const ingress = listOf(fieldsOf(fieldsOf(service['status'])['loadBalancer'])['ingress']);
  return ingress.map((entry) => fieldsOf(entry)['ip']).filter((ip): ip is Ip => typeof ip === 'string');
}
