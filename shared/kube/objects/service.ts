// Service, narrowed to what allocation, announcement and their writers use.
import { familyOf, parseIp, type Family } from '../../net/ip.ts';
import { child, integer, items, oneOf, requiredText, text, textMap, texts, type Fields } from './fields.ts';
import { isDeleting, parseView, type Meta, type Parsed, type StringMap } from './view.ts';

export interface ServicePort {
  readonly protocol: string;
  readonly port: number;
}

/** One entry of status.loadBalancer.ingress. Entries with a host name belong to others and are kept as they are. */
export type Ingress = { readonly ip: string } | { readonly hostname: string; readonly entry: object };

export interface ServiceCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface ServiceView extends Meta {
  readonly deleting: boolean;
  readonly labels: StringMap;
  /** Only those of `metallb.io/` and `metallb.universe.tf/`. */
  readonly annotations: StringMap;
  readonly clusterIPs: readonly string[];
  readonly ipFamilies: readonly Family[];
  readonly ipFamilyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  readonly loadBalancerClass: string | undefined;
  readonly loadBalancerIP: string | undefined;
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly healthCheckNodePort: number | undefined;
  readonly selector: StringMap;
  readonly ports: readonly ServicePort[];
  readonly ingress: readonly Ingress[];
  /** Only those of `ingot.dev/`. */
  readonly conditions: readonly ServiceCondition[];
}

const ownAnnotation = /^metallb\.(io|universe\.tf)\//;
const ownConditionPrefix = 'ingot.dev/';

export function parseService(object: unknown): Parsed<ServiceView> {
  return parseView(object, (meta, metadata, whole) => {
    const spec = child(whole, 'spec');
    const status = child(whole, 'status');
    const clusterIPs = readClusterIPs(spec);
    return {
      ...meta,
      deleting: isDeleting(metadata),
      labels: textMap(metadata, 'labels'),
      annotations: textMap(metadata, 'annotations', (name) => ownAnnotation.test(name)),
      clusterIPs,
      ipFamilies: readFamilies(spec, clusterIPs),
      ipFamilyPolicy: oneOf(spec, 'ipFamilyPolicy', ['SingleStack', 'PreferDualStack', 'RequireDualStack']),
      loadBalancerClass: text(spec, 'loadBalancerClass'),
      loadBalancerIP: text(spec, 'loadBalancerIP'),
      externalTrafficPolicy: oneOf(spec, 'externalTrafficPolicy', ['Cluster', 'Local']),
      internalTrafficPolicy: oneOf(spec, 'internalTrafficPolicy', ['Cluster', 'Local']),
      healthCheckNodePort: integer(spec, 'healthCheckNodePort'),
      selector: textMap(spec, 'selector'),
      ports: items(spec, 'ports').map(readPort),
      ingress: items(child(status, 'loadBalancer'), 'ingress').flatMap(readIngress),
      conditions: items(status, 'conditions')
        .filter((condition) => text(condition, 'type')?.startsWith(ownConditionPrefix))
        .map(readCondition),
    };
  });
}

/** Before dual stack there was `clusterIP` alone. */
function readClusterIPs(spec: Fields): readonly string[] {
  const all = texts(spec, 'clusterIPs');
  const first = text(spec, 'clusterIP');
  return (all.length === 0 && first !== undefined ? [first] : all).map(canonical);
}

function readFamilies(spec: Fields, clusterIPs: readonly string[]): readonly Family[] {
  const families = texts(spec, 'ipFamilies').filter((family) => family === 'IPv4' || family === 'IPv6');
  if (families.length > 0) return families;
  return clusterIPs.flatMap((clusterIP) => {
    const ip = parseIp(clusterIP);
    return ip === undefined ? [] : [familyOf(ip)];
  });
}

function readPort(port: Fields): ServicePort {
  return { protocol: text(port, 'protocol') ?? 'TCP', port: integer(port, 'port') ?? 0 };
}

/** An entry without address and host name says nothing. */
function readIngress(entry: Fields): readonly Ingress[] {
  const hostname = text(entry, 'hostname');
  if (hostname !== undefined) return [{ hostname, entry: entry.values }];
  const ip = text(entry, 'ip');
  return ip === undefined ? [] : [{ ip: canonical(ip) }];
}

function readCondition(condition: Fields): ServiceCondition {
  return {
    type: requiredText(condition, 'type'),
    status: oneOf(condition, 'status', ['Unknown', 'True', 'False']),
    reason: text(condition, 'reason') ?? '',
    message: text(condition, 'message') ?? '',
  };
}

/** The apiserver keeps any spelling of an address; `None` and what is no address stay as they are. */
function canonical(address: string): string {
  return parseIp(address) ?? address;
}
