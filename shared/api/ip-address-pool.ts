// IPAddressPool: the addresses that Services may get, and which Services may get them.
import { conditions } from './condition.ts';
import { metallbResource, type Definition } from './definition.ts';
import { flag, integer, list, names, object, text, type Of } from './schema.ts';
import { selectors } from './selector.ts';

export const ipAddressPools = metallbResource('v1beta1', 'ipaddresspools', 'IPAddressPool');

const address = text({
  minLength: 1,
  maxLength: 96,
  'x-kubernetes-validations': [
    {
      rule: "isCIDR(self) || (self.split('-', 3).size() == 2 && self.split('-', 3).all(p, isIP(p.trim())) && ip(self.split('-', 3)[0].trim()).family() == ip(self.split('-', 3)[1].trim()).family())",
      message:
        'must be a CIDR prefix (198.51.100.0/24) or a range of one family (198.51.100.10-198.51.100.20, 2001:db8::10-2001:db8::20)',
    },
  ],
});

const serviceAllocation = object(
  {
    priority: integer('int32', {
      description: 'Pools are tried in ascending order of priority; 0 and absent come last.',
      minimum: 0,
      maximum: 2_147_483_647,
    }).optional(),
    namespaces: names(1024, 'Namespaces whose Services may get an address.', 63).optional(),
    namespaceSelectors: selectors('Labels of namespaces whose Services may get an address.').optional(),
    serviceSelectors: selectors('Labels of Services that may get an address.').optional(),
  },
  {
    description:
      'Which Services may get an address: those in one of the namespaces or in one selected by labels, and selected by their own labels. A list left empty does not narrow.',
  },
);

export const ipAddressPoolSpec = object(
  {
    addresses: list(address, {
      description:
        'CIDR prefixes (host bits are masked off) and start-end ranges, given out in this order. IPv4 and IPv6 may be mixed.',
      minItems: 1,
      maxItems: 512,
    }),
    autoAssign: flag('Whether Services that do not ask for this pool may get an address of it.').default(true),
    avoidBuggyIPs: flag('Never give out IPv4 addresses that end in .0 or .255.').default(false),
    serviceAllocation: serviceAllocation.optional(),
  },
  { description: 'What the pool holds and whom it serves.' },
);

export const ipAddressPoolStatus = object(
  {
    assignedIPv4: integer('int64', { description: 'Distinct IPv4 addresses in use.', minimum: 0 }),
    assignedIPv6: integer('int64', { description: 'Distinct IPv6 addresses in use.', minimum: 0 }),
    availableIPv4: integer('int64', { description: 'IPv4 addresses still free.', minimum: 0 }),
    availableIPv6: integer('int64', {
      description: 'IPv6 addresses still free; 9007199254740991 stands for that many or more.',
      minimum: 0,
    }),
    conditions: conditions(8).optional(),
  },
  { description: 'How much of the pool is in use and whether it is usable.' },
);

export type IPAddressPoolSpec = Of<typeof ipAddressPoolSpec>;
export type IPAddressPoolStatus = Of<typeof ipAddressPoolStatus>;

export const ipAddressPoolDefinition: Definition = {
  resource: ipAddressPools,
  description: 'IPAddressPool is a set of addresses for Services of type LoadBalancer.',
  columns: [
    { name: 'Auto Assign', type: 'boolean', jsonPath: '.spec.autoAssign' },
    { name: 'Avoid Buggy IPs', type: 'boolean', jsonPath: '.spec.avoidBuggyIPs' },
    { name: 'Addresses', type: 'string', jsonPath: '.spec.addresses' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'In Use v4', type: 'integer', jsonPath: '.status.assignedIPv4', priority: 10 },
    { name: 'Free v4', type: 'integer', jsonPath: '.status.availableIPv4', priority: 10 },
  ],
  spec: ipAddressPoolSpec,
  specRequired: true,
  status: ipAddressPoolStatus,
};
