// What checkers know of Services and pools: read from the objects themselves, by rules written down anew from spec/allocation.md §3, so that an
// error in the product does not cancel out here. Only what users of the simulation do is covered: no selectors on pools.
import assert from 'node:assert';
import { familyOf, ipFromNumber, ipToNumber, parseIp, type Family, type Ip } from '#shared/net/ip.ts';
import { fieldsOf, keyOf, listOf, type Fields, type KubeObject } from '../apiserver/object.ts';
import { shownBy } from '../world/shown-addresses.ts';

export interface ServiceFacts {
  readonly key: string;
  readonly uid: string;
  /** Wants addresses, and of us. */
  readonly isOurs: boolean;
  /** RFC 3339, which sorts by time. */
  readonly created: string;
  readonly addresses: readonly Ip[];
  /** One address of each is wanted, from one pool. */
  readonly families: readonly Family[];
  readonly isLocal: boolean;
  readonly sharing: Sharing;
  readonly wantedAddresses: readonly string[];
  readonly wantedPool: string;
  /** All that a user says of it: as long as it is the same, nobody edited it. */
  readonly wish: string;
}

interface Sharing {
  readonly key: string;
  readonly backend: string;
  readonly ports: readonly string[];
}

export interface PoolFacts {
  readonly name: string;
  readonly created: string;
  /** All of them: pools of the simulation are small. */
  readonly addresses: ReadonlySet<Ip>;
}

const known = new WeakMap<KubeObject, ServiceFacts>();

export function serviceFacts(service: KubeObject): ServiceFacts {
  const before = known.get(service);
  if (before !== undefined) return before;
  const facts = readService(service);
  known.set(service, facts);
  return facts;
}

function readService(service: KubeObject): ServiceFacts {
  const { namespace, name, uid, creationTimestamp, annotations = {} } = service.metadata;
  const spec = fieldsOf(service['spec']);
  const annotation = (short: string): string =>
    annotations[`metallb.io/${short}`] ?? annotations[`metallb.universe.tf/${short}`] ?? '';
  const isOurs = spec['type'] === 'LoadBalancer' && spec['loadBalancerClass'] === undefined;
  const isLocal = spec['externalTrafficPolicy'] === 'Local';
  const sharing = {
    key: annotation('allow-shared-ip'),
    backend: isLocal ? selectorText(spec) : '',
    ports: portsOf(spec),
  };
  const wantedAddresses = annotation('loadBalancerIPs').split(',').filter(Boolean);
  const wantedPool = annotation('address-pool');
  return {
    key: keyOf(namespace, name),
    uid,
    isOurs,
    created: creationTimestamp,
    addresses: shownBy(service),
    families: listOf(spec['ipFamilies']) as readonly Family[],
    isLocal,
    sharing,
    wantedAddresses,
    wantedPool,
    wish: JSON.stringify([isOurs, sharing, wantedAddresses, wantedPool]),
  };
}

/** §3.4: who may hold one address together. */
export function mayShare(a: ServiceFacts, b: ServiceFacts): boolean {
  const [one, other] = [a.sharing, b.sharing];
  const isAgreed = one.key !== '' && one.key === other.key && one.backend === other.backend;
  return isAgreed && !one.ports.some((port) => other.ports.includes(port));
}

export function isOlder(a: ServiceFacts, b: ServiceFacts): boolean {
  return a.created < b.created || (a.created === b.created && a.uid < b.uid);
}

const knownPools = new WeakMap<KubeObject, PoolFacts>();

export function poolFacts(pool: KubeObject): PoolFacts {
  const before = knownPools.get(pool);
  if (before !== undefined) return before;
  const facts = readPool(pool);
  knownPools.set(pool, facts);
  return facts;
}

function readPool(pool: KubeObject): PoolFacts {
  const spec = fieldsOf(pool['spec']);
  assert(spec['serviceAllocation'] === undefined && spec['avoidBuggyIPs'] !== true, 'not known to checkers');
  const { name, creationTimestamp: created } = pool.metadata;
  return {
    name,
    created,
    addresses: new Set(listOf(spec['addresses']).flatMap((entry) => addressesOf(String(entry)))),
  };
}

/** §3.1 and 3.3: the Service may have the address from some pool. */
export function isInPool({ wantedPool, wantedAddresses }: ServiceFacts, ip: Ip, pools: readonly PoolFacts[]): boolean {
  if (wantedAddresses.length > 0 && !wantedAddresses.includes(ip)) return false;
  return pools.some((pool) => (wantedPool === '' || wantedPool === pool.name) && holds(pool, ip));
}

export function holds({ addresses }: PoolFacts, ip: Ip): boolean {
  return addresses.has(ip);
}

function addressesOf(range: string): readonly Ip[] {
  const [first, last] = range.split('-').map(parseIp);
  assert(first !== undefined && last !== undefined, `not known to checkers: ${range}`);
  const start = ipToNumber(first);
  const count = Number(ipToNumber(last) - start) + 1;
  return Array.from({ length: count }, (_, step) => ipFromNumber(familyOf(first), start + BigInt(step)));
}

function selectorText(spec: Fields): string {
  return `Local ${Object.entries(fieldsOf(spec['selector'])).map(String).toSorted().join()}`;
}

function portsOf(spec: Fields): readonly string[] {
  return listOf(spec['ports']).map((port) => {
    const { protocol = 'TCP', port: number } = fieldsOf(port);
    return `${String(protocol)}/${String(number)}`;
  });
}
