import { expect, test } from 'vitest';
import { allocatedConditionOf } from '#controller/service/conditions.ts';
import { serviceEvents } from '#controller/service/events.ts';
import { held, pool, preferDual, type ServiceOptions } from '#test/unit/controller/objects.ts';
import { decisionsOf, worldOf } from '#test/unit/controller/world.ts';

const four = pool('four', ['10.1.0.0/30']);

function eventsOf(options: ServiceOptions): readonly string[] {
  const decision = decisionsOf(worldOf([held('web', options)], [four])).get('web');
  if (decision === undefined) return [];
  return serviceEvents(decision, decision.request.service).map(({ reason, note }) => `${reason}: ${note}`);
}

test('what the status says already is not said again', () => {
  const partial = { ...preferDual, holds: ['10.1.0.0'], fromPool: 'four' };
  const decision = decisionsOf(worldOf([held('web', partial)], [four])).get('web');
  const said = decision && allocatedConditionOf(decision);
  expect(eventsOf(partial)).toEqual(['AdditionalAssignFailed: no IPv6 address: no suitable pool for IPv6 IPFamily']);
  expect(eventsOf({ ...partial, conditions: said === undefined ? [] : [said] })).toEqual([]);
});

test('a Service that is found with its address is no news, however it got it', () => {
  const annotations = { 'metallb.universe.tf/address-pool': 'four' };
  expect(eventsOf({ holds: ['10.1.0.1'], annotations })).toEqual([]);
});

test('a move says both what was lost and what was given', () => {
  expect(eventsOf({ holds: ['10.9.0.1'], fromPool: 'gone' })).toEqual([
    'ClearAssignment: Cleared assignment ["10.9.0.1"]: ["10.9.0.1"] is not allowed in config',
    'IPAllocated: Assigned IP ["10.1.0.0"]',
  ]);
});

test('a status that cannot be read is named', () => {
  expect(eventsOf({ ingress: [{ ip: 'nonsense' }] })).toEqual([
    'InvalidStatusIPs: The status held ["nonsense"]: not one address of each family',
    'IPAllocated: Assigned IP ["10.1.0.0"]',
  ]);
});
