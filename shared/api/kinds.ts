// All custom resources that are served.
import { bfdProfileDefinition } from './bfd-profile.ts';
import { bgpAdvertisementDefinition } from './bgp-advertisement.ts';
import { bgpPeerDefinition } from './bgp-peer.ts';
import { communityDefinition } from './community.ts';
import { configurationStateDefinition } from './configuration-state.ts';
import type { Definition } from './definition.ts';
import { ipAddressPoolDefinition } from './ip-address-pool.ts';
import { l2AdvertisementDefinition } from './l2-advertisement.ts';
import { serviceBGPStatusDefinition } from './service-bgp-status.ts';
import { serviceL2StatusDefinition } from './service-l2-status.ts';

export const kinds: readonly Definition[] = [
  ipAddressPoolDefinition,
  l2AdvertisementDefinition,
  bgpAdvertisementDefinition,
  bgpPeerDefinition,
  bfdProfileDefinition,
  communityDefinition,
  serviceL2StatusDefinition,
  serviceBGPStatusDefinition,
  configurationStateDefinition,
];
