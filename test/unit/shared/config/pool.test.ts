import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePool } from '#shared/config/pool.ts';
import { formatRange } from '#shared/net/range.ts';
import { pool } from './objects.ts';

const addresses = ['192.0.2.0/24'];

test('the entries become ranges in the order of the spec', () => {
  const { value, faults } = parsePool(
    pool('a', { addresses: ['198.51.100.10/24', '2001:DB8::/64', '192.0.2.10 - 192.0.2.20', '192.0.2.5/32'] }),
  );
  expect(faults).toEqual([]);
  expect(value.ranges.map(formatRange)).toEqual([
    '198.51.100.0/24',
    '2001:db8::/64',
    '192.0.2.10-192.0.2.20',
    '192.0.2.5/32',
  ]);
  expect(value).toMatchObject({ name: 'a', autoAssign: true, avoidBuggyIPs: false, frozen: undefined });
  expect(value.serviceAllocation).toBeUndefined();
});

test.each([
  ['a range that starts after its end', '192.0.2.20-192.0.2.10', /"192\.0\.2\.20-192\.0\.2\.10" starts after its end/],
  ['a bare address', '192.0.2.1', /must be a CIDR prefix/],
  ['a range of two families', '192.0.2.1-2001:db8::1', /different address families/],
  ['an empty entry', '', /must be a CIDR prefix/],
  ['an entry of a million characters', '1'.repeat(1_000_000), /^"1{100}…" must be/],
])('%s freezes the pool, whose other entries stay', (_, entry, message) => {
  const { value, faults } = parsePool(pool('a', { addresses: [entry, '198.51.100.0/24'] }));
  expect(value.ranges.map(formatRange)).toEqual(['198.51.100.0/24']);
  expect(faults).toEqual([
    {
      field: 'spec.addresses[0]',
      reason: 'InvalidAddresses',
      severity: 'error',
      message: expect.stringMatching(message),
    },
  ]);
  expect(value.frozen).toContain('spec.addresses[0]: ');
});

test('an illegal selector freezes the pool', () => {
  const serviceAllocation = { namespaceSelectors: [{ matchLabels: { 'a b': '' } }] };
  const { value, faults } = parsePool(pool('a', { addresses, serviceAllocation }));
  expect(faults).toMatchObject([
    { field: 'spec.serviceAllocation.namespaceSelectors[0].matchLabels', reason: 'InvalidSelector' },
  ]);
  expect(value.frozen).toContain('"a b" is not a label key');
});

test('a spec of another structure is a frozen pool without addresses', () => {
  const { value, faults } = parsePool(pool('a', { addresses: 7, autoAssign: 'yes' }));
  expect(value).toMatchObject({
    name: 'a',
    ranges: [],
    autoAssign: false,
    frozen: expect.stringMatching(/\(and 1 more\)$/),
  });
  expect(faults).toHaveLength(2);
});

describe('serviceAllocation', () => {
  const labelled = { matchLabels: { team: 'a' } };
  const other = { matchLabels: { team: 'b' } };
  const illegal = { matchLabels: { 'a b': '' } };
  const service = { namespace: 'web', labels: { app: 'shop' } };

  test.each([
    ['with nothing admits every Service', {}, undefined],
    ['with empty lists does too', { namespaces: [], namespaceSelectors: [], serviceSelectors: [] }, undefined],
    ['admits a named namespace', { namespaces: ['other', 'web'] }, undefined],
    ['refuses a namespace that is not named', { namespaces: ['other'] }, 'namespace'],
    ['admits a selected namespace', { namespaceSelectors: [labelled] }, undefined],
    ['refuses a namespace that is not selected', { namespaceSelectors: [other] }, 'namespace'],
    [
      'admits a namespace that is selected, not named',
      { namespaces: ['a'], namespaceSelectors: [labelled] },
      undefined,
    ],
    ['admits a selected Service', { serviceSelectors: [{ matchLabels: { app: 'shop' } }] }, undefined],
    ['refuses a Service that is not selected', { serviceSelectors: [other] }, 'selector'],
    ['needs the namespace too', { namespaces: ['a'], serviceSelectors: [{}] }, 'namespace'],
    ['needs the Service too', { namespaces: ['web'], serviceSelectors: [other] }, 'selector'],
    ['whose only namespace selector is illegal admits nothing', { namespaceSelectors: [illegal] }, 'namespace'],
    ['whose only Service selector is illegal admits nothing', { serviceSelectors: [illegal] }, 'selector'],
  ])('%s', (_, serviceAllocation, refused) => {
    const { value } = parsePool(pool('a', { addresses, serviceAllocation }));
    expect(value.serviceAllocation?.refuses(service, { team: 'a' })).toBe(refused);
  });

  test.each([
    ['is known by its name', { namespaces: ['web'], namespaceSelectors: [{}] }, undefined],
    ['is not selected by anything', { namespaceSelectors: [{}] }, 'namespace'],
  ])('a namespace without labels %s', (_, serviceAllocation, refused) => {
    const { value } = parsePool(pool('a', { addresses, serviceAllocation }));
    expect(value.serviceAllocation?.refuses(service, undefined)).toBe(refused);
  });

  test.each([
    [undefined, Infinity],
    [0, Infinity],
    [1, 1],
    [50, 50],
  ])('priority %s ranks as %s', (priority, expected) => {
    const { value } = parsePool(pool('a', { addresses, serviceAllocation: { priority } }));
    expect(value.serviceAllocation?.priority).toBe(expected);
  });
});

test('whatever is written, a pool is frozen exactly when it has a fault', () => {
  const entry = fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.tuple(fc.ipV4(), fc.ipV4()).map((ends) => ends.join('-')),
  );
  const spec = fc.oneof(fc.anything(), fc.record({ addresses: fc.array(fc.oneof(entry, fc.anything())) }));
  fc.assert(
    fc.property(spec, (written) => {
      const { value, faults } = parsePool(pool('a', written));
      expect(value.frozen === undefined).toBe(faults.length === 0);
      for (const { first, last } of value.ranges) expect(first <= last).toBe(true);
    }),
  );
});
