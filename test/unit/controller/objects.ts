// Services and pools as the controller sees them, with defaults for everything a test does not speak of.
import type { Held } from '#controller/plan.ts';
import type { Address } from '#controller/allocation/address.ts';
import { addressOf } from '#controller/allocation/address.ts';
import type { ConfigObject } from '#shared/config/object.ts';
import { parsePool, type Pool } from '#shared/config/pool.ts';
import type { IPAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { objectKey } from '#shared/kube/objects/view.ts';
import { parseIp } from '#shared/net/ip.ts';

export type ServiceOptions = Partial<Omit<ServiceView, 'key'>> & {
  /** What it holds, for `held`. */
  readonly holds?: readonly string[];
  readonly fromPool?: string;
};

export function service(name: string, options: ServiceOptions = {}): ServiceView {
  const { holds = [], fromPool, ...given } = options;
  const namespace = given.namespace ?? 'default';
  const annotations: Record<string, string> =
    fromPool === undefined ? {} : { 'metallb.io/ip-allocated-from-pool': fromPool };
  return {
    namespace,
    name,
    uid: `uid-${name}`,
    createdMs: 0,
    deleting: false,
    labels: {},
    clusterIPs: ['10.0.0.1'],
    ipFamilies: [],
    ipFamilyPolicy: 'SingleStack',
    loadBalancerClass: undefined,
    loadBalancerIP: undefined,
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    healthCheckNodePort: undefined,
    selector: {},
    ports: [{ protocol: 'TCP', port: 80 }],
    ingress: holds.map((ip) => ({ ip })),
    conditions: [],
    ...given,
    annotations: { ...annotations, ...given.annotations },
    key: objectKey(namespace, name),
  };
}

export const dual = { clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] } as const;
export const preferDual = { ...dual, ipFamilyPolicy: 'PreferDualStack' } as const;
export const requireDual = { ...dual, ipFamilyPolicy: 'RequireDualStack' } as const;
export const shares = (key: string, port = 80): ServiceOptions => ({
  annotations: { 'metallb.io/allow-shared-ip': key },
  ports: [{ protocol: 'TCP', port }],
});

export function held(name: string, options: ServiceOptions = {}): Held {
  const { holds = [], fromPool } = options;
  return { service: service(name, options), current: holds.map(address), fromPool };
}

export function address(text: string): Address {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is no address`);
  return addressOf(ip);
}

export type PoolOptions = Partial<Omit<IPAddressPoolSpec, 'addresses'>> & {
  readonly labels?: Readonly<Record<string, string>>;
  readonly createdMs?: number;
  readonly uid?: string;
};

export function pool(name: string, addresses: readonly string[], options: PoolOptions = {}): Pool {
  return parsePool(poolObject(name, addresses, options)).value;
}

export function poolObject(
  name: string,
  addresses: readonly string[],
  { labels = {}, createdMs = 0, uid = `uid-${name}`, ...spec }: PoolOptions = {},
): ConfigObject<IPAddressPoolSpec> {
  const meta = { key: objectKey('metallb-system', name), namespace: 'metallb-system', name, uid, createdMs, labels };
  return {
    ...meta,
    generation: 1,
    spec: { autoAssign: true, avoidBuggyIPs: false, ...spec, addresses: [...addresses] },
  };
}
