// L2Advertisement: which pools are announced on the LAN by ARP and NDP, from which nodes and interfaces.
import { metallbResource, type Definition } from './definition.ts';
import { integer, list, names, object, type Of } from './schema.ts';
import { selector, selectors } from './selector.ts';

export const l2Advertisements = metallbResource('v1beta1', 'l2advertisements', 'L2Advertisement');

const preferredNode = object(
  {
    weight: integer('int32', {
      description: 'Added to the rank of the nodes that the preference matches.',
      minimum: 1,
      maximum: 100,
    }),
    preference: selector.meta({ description: 'Labels of the preferred nodes.' }),
  },
  {},
);

export const l2AdvertisementSpec = object(
  {
    ipAddressPools: names(
      256,
      'Pools to announce, by name; together with ipAddressPoolSelectors. Both empty: all pools.',
    ).optional(),
    ipAddressPoolSelectors: selectors('Pools to announce, by labels; together with ipAddressPools.').optional(),
    nodeSelectors: selectors('Nodes that may announce, by labels. Empty: all nodes.').optional(),
    serviceSelectors: selectors('Services to announce, by labels. Empty: all Services.').optional(),
    interfaces: names(64, 'Interfaces to announce on, by exact name. Empty: all suitable interfaces.', 15).optional(),
    preferredNodeSelectors: list(preferredNode, {
      description:
        'Nodes that are preferred among those that may announce. The weights of all entries that match a node add up; the highest sum wins.',
      maxItems: 32,
    }).optional(),
  },
  { description: 'What is announced, and from where.' },
);

export type L2AdvertisementSpec = Of<typeof l2AdvertisementSpec>;

export const l2AdvertisementDefinition: Definition = {
  resource: l2Advertisements,
  description: 'L2Advertisement announces addresses of pools on the LAN of the nodes.',
  columns: [
    { name: 'IPAddressPools', type: 'string', jsonPath: '.spec.ipAddressPools' },
    { name: 'IPAddressPool Selectors', type: 'string', jsonPath: '.spec.ipAddressPoolSelectors' },
    { name: 'Interfaces', type: 'string', jsonPath: '.spec.interfaces' },
    { name: 'Node Selectors', type: 'string', jsonPath: '.spec.nodeSelectors', priority: 10 },
  ],
  spec: l2AdvertisementSpec,
  specRequired: false,
  status: object({}, { description: 'Not used: what is announced is shown by ServiceL2Status.' }),
};
