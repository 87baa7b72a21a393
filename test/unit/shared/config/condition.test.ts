import { describe, expect, test } from 'vitest';
import { withTransitionTimes } from '#shared/config/condition.ts';
import { configurationStateStatusOf } from '#shared/config/configuration-state.ts';
import { poolConditions } from '#shared/config/pool-conditions.ts';
import { errorIn, problemOf, warningIn, type Fault, type Problem } from '#shared/config/problem.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const pool = (fault: Fault): Problem => problemOf('IPAddressPool', { namespace: 'ns', name: 'p', uid: 'u' }, fault);

describe('the time of a transition', () => {
  const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '' } as const;
  const before = { ...ready, lastTransitionTime: '2025-01-01T00:00:00Z' };

  test('is now, in whole seconds, for a new condition', () => {
    expect(withTransitionTimes([ready], [], now)).toEqual([{ ...ready, lastTransitionTime: '2026-01-02T03:04:05Z' }]);
  });

  test('stays while the status stays, whatever else changes', () => {
    const changed = { ...ready, reason: 'OverlapsNodeAddress', message: 'new' };
    expect(withTransitionTimes([changed], [before], now)).toEqual([
      { ...changed, lastTransitionTime: '2025-01-01T00:00:00Z' },
    ]);
  });

  test('is now when the status changed', () => {
    expect(withTransitionTimes([{ ...ready, status: 'False' }], [before], now)).toMatchObject([
      { lastTransitionTime: '2026-01-02T03:04:05Z' },
    ]);
  });
});

describe('the conditions of a pool', () => {
  const address = pool(errorIn('spec.addresses[1]', 'InvalidAddresses', '"x" is wrong'));
  const selector = pool(errorIn('spec.serviceAllocation.serviceSelectors[0]', 'InvalidSelector', 'is illegal'));
  const structure = pool(errorIn('spec.addresses', 'InvalidSpec', 'expected array'));
  const nodeOverlap = pool(warningIn('spec.addresses', 'OverlapsNodeAddress', 'contains n1'));
  const serviceOverlap = pool(warningIn('spec.addresses', 'OverlapsServiceCIDR', 'contains clusterIPs'));
  const conflict = pool(errorIn('spec.addresses', 'AddressOverlap', 'CIDR "a" in pool "p" overlaps'));

  test.each([
    ['nothing wrong', [], 'True', 'Ready', ''],
    ['a wrong address', [address], 'False', 'InvalidAddresses', 'spec.addresses[1]: "x" is wrong'],
    [
      'a wrong selector',
      [selector],
      'False',
      'InvalidSelector',
      'spec.serviceAllocation.serviceSelectors[0]: is illegal',
    ],
    [
      'both',
      [selector, address],
      'False',
      'InvalidAddresses',
      'spec.addresses[1]: "x" is wrong\nspec.serviceAllocation',
    ],
    ['another structure', [structure], 'False', 'InvalidAddresses', 'spec.addresses: expected array'],
    ["a node's address", [nodeOverlap], 'True', 'OverlapsNodeAddress', 'spec.addresses: contains n1'],
    ['clusterIPs', [serviceOverlap], 'True', 'OverlapsServiceCIDR', 'spec.addresses: contains clusterIPs'],
    [
      'warnings',
      [serviceOverlap, nodeOverlap],
      'True',
      'OverlapsNodeAddress',
      'contains n1\nspec.addresses: contains cl',
    ],
    ['an error and a warning', [nodeOverlap, selector], 'False', 'InvalidSelector', 'is illegal'],
    ['a conflict', [conflict], 'True', 'Ready', ''],
  ])('say with %s whether it is ready', (_, problems, status, reason, message) => {
    const [ready] = poolConditions(problems);
    expect(ready).toMatchObject({ type: 'Ready', status, reason, message: expect.stringContaining(message) });
  });

  test('say with what it is in conflict', () => {
    expect(poolConditions([conflict, conflict])[1]).toEqual({
      type: 'Conflict',
      status: 'True',
      reason: 'AddressOverlap',
      message: 'CIDR "a" in pool "p" overlaps\nCIDR "a" in pool "p" overlaps',
    });
  });

  test('say that it is in no conflict', () => {
    expect(poolConditions([address])[1]).toEqual({
      type: 'Conflict',
      status: 'False',
      reason: 'NoOverlap',
      message: '',
    });
  });
});

describe('the ConfigurationState', () => {
  const error = pool(errorIn('spec.addresses[0]', 'InvalidAddresses', 'is wrong'));
  const warning = pool(warningIn('spec.addresses', 'OverlapsNodeAddress', 'contains n1'));

  test('is unknown before the configuration was read', () => {
    const state = configurationStateStatusOf({ daemon: 'speaker', problems: undefined, conditions: [] }, [], now);
    expect(state).toEqual({ result: 'Unknown', errorSummary: '', conditions: [] });
  });

  test('of a controller without problems is valid', () => {
    const state = configurationStateStatusOf({ daemon: 'controller', problems: [], conditions: [] }, [], now);
    expect(state).toEqual({
      result: 'Valid',
      errorSummary: '',
      conditions: [
        {
          type: 'poolReconcilerValid',
          status: 'True',
          reason: 'Reconciled',
          message: '',
          lastTransitionTime: '2026-01-02T03:04:05Z',
        },
      ],
    });
  });

  test('of a speaker with an error is invalid and lists everything', () => {
    const problems = [error, warning];
    expect(configurationStateStatusOf({ daemon: 'speaker', problems, conditions: [] }, [], now)).toMatchObject({
      result: 'Invalid',
      errorSummary:
        'IPAddressPool p: spec.addresses[0]: is wrong\nwarning: IPAddressPool p: spec.addresses: contains n1',
      conditions: [{ type: 'configReconcilerValid', status: 'False', reason: 'ConfigurationError' }],
    });
  });

  test('with warnings only is valid and lists them', () => {
    expect(
      configurationStateStatusOf({ daemon: 'speaker', problems: [warning], conditions: [] }, [], now),
    ).toMatchObject({
      result: 'Valid',
      errorSummary: 'warning: IPAddressPool p: spec.addresses: contains n1',
      conditions: [{ status: 'True', reason: 'Reconciled' }],
    });
  });

  test('lists fifty problems and counts the rest', () => {
    const problems = Array.from({ length: 53 }, () => error);
    const { errorSummary } = configurationStateStatusOf({ daemon: 'speaker', problems, conditions: [] }, [], now);
    const lines = (errorSummary ?? '').split('\n');
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('… and 3 more');
  });

  test('stays within the bounds of its fields however long the problems are', () => {
    const long = pool(errorIn('spec', 'InvalidSpec', 'x'.repeat(20_000)));
    const problems = [long, long, long];
    const state = configurationStateStatusOf({ daemon: 'speaker', problems, conditions: [] }, [], now);
    expect(state.errorSummary?.length).toBeLessThanOrEqual(32_768);
    expect(state.errorSummary).toMatch(/… and 2 more$/);
    expect(state.conditions?.[0]?.message.length).toBeLessThanOrEqual(32_768);
  });

  test('carries the other conditions of the daemon, and keeps times', () => {
    const others = [{ type: 'PeersEstablished', status: 'True', reason: 'All', message: '3/3' }] as const;
    const daemon = { daemon: 'speaker', problems: [], conditions: others } as const;
    const { conditions = [] } = configurationStateStatusOf(daemon, [], now);
    expect(conditions.map(({ type }) => type)).toEqual(['configReconcilerValid', 'PeersEstablished']);
    expect(configurationStateStatusOf(daemon, conditions, now + 60_000).conditions).toEqual(conditions);
  });
});
