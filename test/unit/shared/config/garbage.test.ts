// Whatever stands in a field: there are problems, never an exception, and no other object is harmed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configurationStateStatusOf } from '#shared/config/configuration-state.ts';
import { parseConfiguration, type ConfigurationObjects } from '#shared/config/configuration.ts';
import { poolConditions } from '#shared/config/pool-conditions.ts';
import { bfdProfile, bgpAdvertisement, bgpPeer, byKey, community, l2Advertisement, pool } from './objects.ts';

/** What each field may hold by its type. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '1:2', '0s', '::/0', '0.0.0.0/0'));
const names = fc.array(text, { maxLength: 3 });
const selector = fc.record(
  {
    matchLabels: fc.dictionary(text, text, { maxKeys: 3 }),
    matchExpressions: fc.array(
      fc.record({ key: text, operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'), values: names }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);
const selectors = fc.array(selector, { maxLength: 3 });
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true }));
const flag = fc.boolean();

const fields = {
  addresses: names,
  autoAssign: flag,
  serviceAllocation: fc.record(
    { priority: number, namespaces: names, namespaceSelectors: selectors, serviceSelectors: selectors },
    { requiredKeys: [] },
  ),
  ipAddressPools: names,
  ipAddressPoolSelectors: selectors,
  nodeSelectors: selectors,
  serviceSelectors: selectors,
  interfaces: names,
  preferredNodeSelectors: fc.array(fc.record({ weight: number, preference: selector }), { maxLength: 3 }),
  aggregationLength: number,
  aggregationLengthV6: number,
  peers: names,
  myASN: number,
  peerAddress: text,
  sourceAddress: text,
  interface: text,
  holdTime: text,
  keepaliveTime: text,
  connectTime: text,
  password: text,
  bfdProfile: text,
  vrf: text,
  peerPort: number,
  disableMP: flag,
  echoMode: flag,
} as const;

const communityNames = { communities: names };
const aliases = { communities: fc.array(fc.record({ name: text, value: text }), { maxLength: 3 }) };

function withFields(of: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> {
  return fc.record({ ...fields, ...of }, { requiredKeys: ['addresses', 'myASN'] });
}

const untyped = fc.oneof(
  fc.anything(),
  fc.record(Object.fromEntries(Object.keys(fields).map((field) => [field, fc.anything()])), { requiredKeys: [] }),
);

interface Written {
  readonly spec: unknown;
  readonly aliases: unknown;
}

function configured({ spec, aliases: defined }: Written): ConfigurationObjects {
  return {
    pools: byKey(pool('good', { addresses: ['192.0.2.0/24'] }), pool('x', spec)),
    l2Advertisements: byKey(l2Advertisement('good'), l2Advertisement('x', spec)),
    bgpAdvertisements: byKey(bgpAdvertisement('x', spec)),
    bgpPeers: byKey(bgpPeer('x', spec), bgpPeer('y', spec)),
    bfdProfiles: byKey(bfdProfile('x', spec)),
    communities: byKey(community('x', defined), community('y', defined)),
  };
}

test.each([
  ['of the right type', fc.record({ spec: withFields(communityNames), aliases: withFields(aliases) })],
  ['of any type', fc.record({ spec: untyped, aliases: untyped })],
])('garbage %s gives problems', (_, written) => {
  fc.assert(
    fc.property(written, written, (before, after) => {
      const previous = parseConfiguration(configured(before), undefined);
      const { pools, l2Advertisements, problems } = parseConfiguration(configured(after), previous);
      expect(pools.map(({ name }) => name)).toEqual(['good', 'x']);
      expect(pools[0]?.frozen).toBeUndefined();
      expect(l2Advertisements[0]?.name).toBe('good');
      for (const { matches } of l2Advertisements.flatMap(({ preferredNodes }) => preferredNodes)) matches({});
      for (const { serviceAllocation } of pools) serviceAllocation?.refuses({ namespace: 'a', labels: {} }, {});
      for (const { message, field } of problems) expect([message, field]).not.toContain('');
      for (const { message } of poolConditions(problems)) expect(message.length).toBeLessThanOrEqual(32_768);
      const state = configurationStateStatusOf({ daemon: 'speaker', problems, conditions: [] }, [], 0);
      expect(state.result).toBe(problems.some(({ severity }) => severity === 'error') ? 'Invalid' : 'Valid');
    }),
  );
});
