// BGPAdvertisement: which pools are announced to BGP peers, and with which attributes.
import { communityValueOrNameRules } from './community-value.ts';
import { metallbResource, type Definition } from './definition.ts';
import { integer, list, names, object, text, type Of } from './schema.ts';
import { selectors } from './selector.ts';

export const bgpAdvertisements = metallbResource('v1beta1', 'bgpadvertisements', 'BGPAdvertisement');

const largestUint32 = 4_294_967_295;

export const bgpAdvertisementSpec = object(
  {
    aggregationLength: integer('int32', {
      description: 'Prefix length that IPv4 addresses are announced with.',
      minimum: 1,
      maximum: 32,
    }).default(32),
    aggregationLengthV6: integer('int32', {
      description: 'Prefix length that IPv6 addresses are announced with.',
      minimum: 1,
      maximum: 128,
    }).default(128),
    localPref: integer('int64', {
      description: 'LOCAL_PREF, sent to iBGP peers only. Absent: 100.',
      minimum: 0,
      maximum: largestUint32,
    }).optional(),
    communities: list(text({ minLength: 1, maxLength: 253, 'x-kubernetes-validations': communityValueOrNameRules }), {
      description: 'Communities to attach: 64512:100, large:64512:100:200, or a name that a Community object defines.',
      maxItems: 63,
      'x-kubernetes-list-type': 'set',
    }).optional(),
    ipAddressPools: names(
      256,
      'Pools to announce, by name; together with ipAddressPoolSelectors. Both empty: all pools.',
    ).optional(),
    ipAddressPoolSelectors: selectors('Pools to announce, by labels; together with ipAddressPools.').optional(),
    nodeSelectors: selectors('Nodes that announce, by labels. Empty: all nodes.').optional(),
    serviceSelectors: selectors('Services to announce, by labels. Empty: all Services.').optional(),
    peers: names(256, 'BGPPeers to announce to, by name. Empty: all peers.').optional(),
    asPathPrepend: integer('int32', {
      description: 'How many extra times the own AS is put in the AS path; to eBGP peers only.',
      minimum: 0,
      maximum: 10,
    }).optional(),
    med: integer('int64', {
      description: 'MULTI_EXIT_DISC. Absent: the attribute is not sent.',
      minimum: 0,
      maximum: largestUint32,
    }).optional(),
  },
  {
    description: 'What is announced, to whom and how.',
    'x-kubernetes-validations': [
      {
        rule: '!has(self.serviceSelectors) || self.serviceSelectors.size() == 0 || (self.aggregationLength == 32 && self.aggregationLengthV6 == 128)',
        message:
          'serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (32) and aggregationLengthV6 (128)',
      },
    ],
  },
);

export type BGPAdvertisementSpec = Of<typeof bgpAdvertisementSpec>;

export const bgpAdvertisementDefinition: Definition = {
  resource: bgpAdvertisements,
  description: 'BGPAdvertisement announces addresses of pools to BGP peers.',
  columns: [
    { name: 'IPAddressPools', type: 'string', jsonPath: '.spec.ipAddressPools' },
    { name: 'IPAddressPool Selectors', type: 'string', jsonPath: '.spec.ipAddressPoolSelectors' },
    { name: 'Peers', type: 'string', jsonPath: '.spec.peers' },
    { name: 'Node Selectors', type: 'string', jsonPath: '.spec.nodeSelectors', priority: 10 },
  ],
  spec: bgpAdvertisementSpec,
  specRequired: false,
  status: object({}, { description: 'Not used: what is announced is shown by ServiceBGPStatus.' }),
};
