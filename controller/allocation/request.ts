// What a Service asks for. Parsed once for each version of it; never throws: what cannot be understood is a fault.
import { quoted } from '#shared/config/problem-text.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { parseIp, type Family } from '#shared/net/ip.ts';
import { addressOf, type Address } from './address.ts';
import { annotationOf } from './annotations.ts';
import {
  familyMismatch,
  invalidAddresses,
  invalidClusterIPs,
  notEnoughClusterIPs,
  twoRequests,
  type Refusal,
} from './refusals.ts';
import { sharingOf, type Sharing } from './sharing.ts';

export interface Request {
  readonly service: ServiceView;
  /** One, or both with the primary first. Empty when the cluster IPs do not say. */
  readonly families: readonly Family[];
  /** In the order of `families`. Empty: any. */
  readonly wantedAddresses: readonly Address[];
  readonly wantedPool: string | undefined;
  readonly sharing: Sharing;
  /** All of the above as text: as long as it is equal, the Service asks for the same. */
  readonly fingerprint: string;
  readonly fault: Fault | undefined;
}

export interface Fault {
  readonly refusal: Refusal;
  /** A typing error takes no address away; a wish that is clear and cannot be met does. */
  readonly keepsAddresses: boolean;
}

const parsed = new WeakMap<ServiceView, Request>();

export function requestOf(service: ServiceView): Request {
  const known = parsed.get(service);
  if (known !== undefined) return known;
  const request = parseRequest(service);
  parsed.set(service, request);
  return request;
}

function parseRequest(service: ServiceView): Request {
  const families = familiesOf(service);
  const wanted = wantedAddressesOf(service);
  const pool = annotationOf(service, 'address-pool');
  const sharing = sharingOf(service);
  return {
    service,
    families,
    wantedAddresses: 'fault' in wanted ? [] : inOrder(wanted.addresses, families),
    wantedPool: pool === '' ? undefined : pool,
    sharing,
    fingerprint: JSON.stringify([sharing, pool, annotationOf(service, 'loadBalancerIPs'), service.loadBalancerIP]),
    fault: faultOf(service, families, wanted),
  };
}

/** The apiserver keeps cluster IPs well-formed: telling the families apart is enough. */
function familiesOf({ clusterIPs, ipFamilies }: ServiceView): readonly Family[] {
  if (clusterIPs.some((ip) => !/^[0-9a-fA-F.:]+$/.test(ip))) return [];
  const families = clusterIPs.map((ip): Family => (ip.includes(':') ? 'IPv6' : 'IPv4'));
  if (families.length === 1) return families;
  if (families.length !== 2 || families[0] === families[1]) return [];
  return ipFamilies[0] === 'IPv6' ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6'];
}

type Wanted = { readonly addresses: readonly Address[] } | { readonly fault: Refusal };

function wantedAddressesOf(service: ServiceView): Wanted {
  const annotation = annotationOf(service, 'loadBalancerIPs');
  const { loadBalancerIP = '' } = service;
  if (annotation !== '' && loadBalancerIP !== '') return { fault: twoRequests };
  if (annotation === '' && loadBalancerIP === '') return { addresses: [] };
  return parseAddresses(annotation === '' ? [loadBalancerIP] : annotation.split(',', 3));
}

function parseAddresses(texts: readonly string[]): Wanted {
  if (texts.length > 2) return { fault: invalidAddresses('at most one address of each family') };
  const addresses: Address[] = [];
  for (const text of texts) {
    const ip = parseIp(text.trim());
    if (ip === undefined) return { fault: invalidAddresses(`${quoted(text)} is not an IP address`) };
    const address = addressOf(ip);
    if (addresses.some(({ family }) => family === address.family)) {
      return { fault: invalidAddresses(`more than one ${address.family} address`) };
    }
    addresses.push(address);
  }
  return { addresses };
}

function inOrder(addresses: readonly Address[], families: readonly Family[]): readonly Address[] {
  return addresses.toSorted((a, b) => families.indexOf(a.family) - families.indexOf(b.family));
}

function faultOf(service: ServiceView, families: readonly Family[], wanted: Wanted): Fault | undefined {
  const { clusterIPs, ipFamilyPolicy } = service;
  if (families.length === 0) return { refusal: invalidClusterIPs(clusterIPs), keepsAddresses: true };
  if (ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    return { refusal: notEnoughClusterIPs(clusterIPs), keepsAddresses: false };
  }
  if ('fault' in wanted) return { refusal: wanted.fault, keepsAddresses: true };
  const { addresses } = wanted;
  const matches = addresses.length === families.length && addresses.every(({ family }) => families.includes(family));
  return addresses.length === 0 || matches ? undefined : { refusal: familyMismatch(addresses), keepsAddresses: false };
}
