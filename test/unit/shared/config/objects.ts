// Configuration objects for tests: made from JSON as an apiserver would send it, by the parsers that the programs use.
import { bfdProfileSpec } from '#shared/api/bfd-profile.ts';
import { bgpAdvertisementSpec } from '#shared/api/bgp-advertisement.ts';
import { bgpPeerSpec } from '#shared/api/bgp-peer.ts';
import { communitySpec } from '#shared/api/community.ts';
import { ipAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import { l2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import type { ConfigurationObjects } from '#shared/config/configuration.ts';
import { parseConfigObject, type ConfigObject } from '#shared/config/object.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { ObjectKey, Parsed } from '#shared/kube/objects/view.ts';

export interface Metadata {
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds after the epoch. */
  readonly created?: number;
}

/** An object as JSON. */
export function json(
  name: string,
  spec: unknown,
  { uid = `uid-${name}`, labels = {}, created = 0 }: Metadata = {},
): object {
  const creationTimestamp = new Date(created * 1000).toISOString();
  return { metadata: { namespace: 'metallb-system', name, uid, creationTimestamp, labels, generation: 1 }, spec };
}

type Maker<Spec> = (name: string, spec?: unknown, metadata?: Metadata) => ConfigObject<Spec>;

function maker<Spec>(parse: (object: unknown) => Parsed<ConfigObject<Spec>>): Maker<Spec> {
  return (name, spec, metadata) => {
    const parsed = parse(json(name, spec, metadata));
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed.view;
  };
}

export const pool = maker(parseConfigObject(ipAddressPoolSpec));
export const l2Advertisement = maker(parseConfigObject(l2AdvertisementSpec));
export const bgpAdvertisement = maker(parseConfigObject(bgpAdvertisementSpec));
export const bgpPeer = maker(parseConfigObject(bgpPeerSpec));
export const bfdProfile = maker(parseConfigObject(bfdProfileSpec));
export const community = maker(parseConfigObject(communitySpec));

export function byKey<Spec>(...objects: readonly ConfigObject<Spec>[]): ReadonlyMap<ObjectKey, ConfigObject<Spec>> {
  return new Map(objects.map((object) => [object.key, object]));
}

/** Every kind is read, and there is nothing of any. */
export const nothing: Required<ConfigurationObjects> = {
  pools: new Map(),
  l2Advertisements: new Map(),
  bgpAdvertisements: new Map(),
  bgpPeers: new Map(),
  bfdProfiles: new Map(),
  communities: new Map(),
};

/** Without the message: `error IPAddressPool a spec.addresses[0] InvalidAddresses`. */
export function brief({ severity, object, field, reason }: Problem): string {
  return `${severity} ${object.kind} ${object.name} ${field} ${reason}`;
}
