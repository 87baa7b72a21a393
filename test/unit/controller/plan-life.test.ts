// What becomes of addresses that Services hold, when the world changes round them.
import { expect, test } from 'vitest';
import { requestOf } from '#controller/allocation/request.ts';
import type { Held } from '#controller/plan.ts';
import type { Pool } from '#shared/config/pool.ts';
import { decided, decisionsOf, settled, worldOf, type World } from '#test/unit/controller/world.ts';
import {
  dual,
  held,
  pool,
  preferDual,
  requireDual,
  shares,
  type PoolOptions,
  type ServiceOptions,
} from '#test/unit/controller/objects.ts';

const a = (more: PoolOptions = {}): Pool => pool('a', ['10.1.0.0/30', '2001:db8::/126'], more);
const b = pool('b', ['10.2.0.0/30', '2001:db8:2::/126'], { createdMs: 9 });
const fourAndSix = ['10.1.0.1', '2001:db8::1'];
const wants = (addresses: string) => ({ annotations: { 'metallb.io/loadBalancerIPs': addresses } });

/** What the Service held is from pool a. */
const holding = (holds: readonly string[], options: ServiceOptions = {}) =>
  held('web', { holds, fromPool: 'a', ...options });

test.each<[string, Held, readonly Pool[], string]>([
  ['a legal address stays, though a lower one is free', holding(['10.1.0.3']), [a()], '10.1.0.3 of a'],
  ['a pair stays', holding(fourAndSix, requireDual), [a()], '10.1.0.1,2001:db8::1 of a'],
  [
    'a pair in the other order stays, primary first',
    holding(fourAndSix.toReversed(), requireDual),
    [a()],
    '10.1.0.1,2001:db8::1 of a',
  ],
  [
    'preferred dual adds the other family from the same pool',
    holding(['10.1.0.1'], preferDual),
    [a(), b],
    '10.1.0.1,2001:db8:: of a',
  ],
  [
    'preferred dual stays with one rather than move to a pool with both',
    holding(['10.1.0.1'], preferDual),
    [pool('a', ['10.1.0.0/30']), b],
    '10.1.0.1 of a PartiallyAllocated',
  ],
  [
    'required dual adds the other family from the same pool',
    holding(['2001:db8::2'], requireDual),
    [a(), b],
    '10.1.0.0,2001:db8::2 of a',
  ],
  [
    'required dual moves when its pool has one family',
    holding(['10.1.0.1'], requireDual),
    [pool('a', ['10.1.0.0/30']), b],
    '10.2.0.0,2001:db8:2:: of b',
  ],
  [
    'required dual is released when no pool has both',
    holding(['10.1.0.1'], requireDual),
    [pool('a', ['10.1.0.0/30'])],
    'NoFamilyInPool',
  ],
  [
    'dual to single keeps the address of the remaining family',
    holding(fourAndSix, { clusterIPs: ['fd00::1'] }),
    [a()],
    '2001:db8::1 of a',
  ],
  [
    'a pair whose pool lost a family is chosen anew',
    holding(fourAndSix, preferDual),
    [pool('a', ['10.1.0.0/30']), b],
    '10.2.0.0,2001:db8:2:: of b',
  ],
  [
    'a pair whose pool lost a family keeps the legal one if that pool is chosen again',
    holding(['10.1.0.2', '2001:db8::1'], preferDual),
    [pool('a', ['10.1.0.0/30'])],
    '10.1.0.2 of a PartiallyAllocated',
  ],
  [
    'only the entry of one address went: the other one stays',
    holding(['10.1.0.2', '2001:db8::1'], requireDual),
    [pool('a', ['10.1.0.0/30', '2001:db8:9::/126'])],
    '10.1.0.2,2001:db8:9:: of a',
  ],
  ['pool gone: another one', holding(['10.1.0.1']), [b], '10.2.0.0 of b'],
  ['pools gone', holding(['10.1.0.1']), [], 'NoPools'],
  ['pool renamed: the same address', holding(['10.1.0.1']), [pool('new', ['10.1.0.0/30'])], '10.1.0.1 of new'],
  [
    'pool serves others now',
    holding(['10.1.0.1']),
    [a({ serviceAllocation: { namespaces: ['other'] } }), b],
    '10.2.0.0 of b',
  ],
  ['autoAssign switched off moves nobody', holding(['10.1.0.1']), [a({ autoAssign: false }), b], '10.1.0.1 of a'],
  ['avoidBuggyIPs switched on replaces .0', holding(['10.1.0.0']), [a({ avoidBuggyIPs: true })], '10.1.0.1 of a'],
  [
    'another pool wished: moved',
    holding(['10.1.0.1'], { annotations: { 'metallb.io/address-pool': 'b' } }),
    [a(), b],
    '10.2.0.0 of b',
  ],
  [
    'an unknown pool wished: released',
    holding(['10.1.0.1'], { annotations: { 'metallb.io/address-pool': 'x' } }),
    [a(), b],
    'UnknownPool',
  ],
  ['another address wished: moved', holding(['10.1.0.1'], wants('10.1.0.2')), [a()], '10.1.0.2 of a'],
  ['an address of no pool wished: released', holding(['10.1.0.1'], wants('10.9.0.2')), [a()], 'AddressNotInPool'],
  [
    'one of two wished addresses is held: the other is added',
    holding(['10.1.0.2'], { ...dual, ...wants('10.1.0.2,2001:db8::3') }),
    [a()],
    '10.1.0.2,2001:db8::3 of a',
  ],
  ['a typing error in the wish: kept', holding(['10.1.0.1'], wants('10.1.0')), [a()], '10.1.0.1 of a InvalidRequest'],
  [
    'a typing error in the wish while the pool goes: released',
    holding(['10.1.0.1'], wants('10.1.0')),
    [b],
    'InvalidRequest',
  ],
  [
    'no cluster IPs: kept',
    holding(fourAndSix, { clusterIPs: [] }),
    [a()],
    '10.1.0.1,2001:db8::1 of a InvalidClusterIPs',
  ],
  ['a wish of the other family: released', holding(['10.1.0.1'], wants('2001:db8::1')), [a()], 'FamilyMismatch'],
  ['being deleted: kept', holding(['10.1.0.1'], { deleting: true }), [a()], '10.1.0.1 of a'],
  ['being deleted: nothing is added', holding(['10.1.0.1'], { ...preferDual, deleting: true }), [a()], '10.1.0.1 of a'],
  ['being deleted: nothing replaces what is lost', holding(['10.1.0.1'], { deleting: true }), [b], 'AddressNotInPool'],
  [
    'several in the status: the first legal one of each family',
    holding(['10.9.0.1', '10.1.0.2', '10.1.0.1', '2001:db8::2'], preferDual),
    [a()],
    '10.1.0.2,2001:db8::2 of a',
  ],
  ['a legal address that somebody else wrote is adopted', held('web', { holds: ['10.1.0.2'] }), [a()], '10.1.0.2 of a'],
  [
    'an older pool over the address moves nobody',
    holding(['10.1.0.1']),
    [a({ createdMs: 5 }), pool('old', ['10.1.0.0/30'], { createdMs: 1 })],
    '10.1.0.1 of a',
  ],
  [
    'held by two pools and from neither: the older one',
    held('web', { holds: ['10.1.0.1'] }),
    [a({ createdMs: 5 }), pool('old', ['10.1.0.0/30'], { createdMs: 1 })],
    '10.1.0.1 of old',
  ],
  [
    'a frozen pool keeps what it gave, whatever its readable entries',
    holding(['10.1.0.1']),
    [pool('a', ['nonsense', '10.8.0.0/30']), b],
    '10.1.0.1 of a',
  ],
  [
    'a frozen pool keeps what it gave, whatever its selectors',
    holding(['10.1.0.1']),
    [pool('a', ['10.1.0.0/30', 'nonsense'], { serviceAllocation: { namespaces: ['other'] } })],
    '10.1.0.1 of a',
  ],
  [
    'a frozen pool holds its readable entries for anybody',
    held('web', { holds: ['10.1.0.1'] }),
    [pool('a', ['10.1.0.0/30', 'nonsense'])],
    '10.1.0.1 of a',
  ],
  [
    'a frozen pool adds nothing',
    holding(['10.1.0.1'], preferDual),
    [pool('a', ['10.1.0.0/30', '2001:db8::/126', 'nonsense'])],
    '10.1.0.1 of a PartiallyAllocated',
  ],
])('%s', (_, service, pools, outcome) => {
  expect(decided(worldOf([service], pools))).toEqual([`web: ${outcome}`]);
});

test.each<[string, Held, readonly Pool[], string]>([
  ['the pool left', holding(['10.1.0.1']), [b], '["10.1.0.1"] is not allowed in config'],
  [
    'the pool serves others',
    holding(['10.1.0.1']),
    [a({ serviceAllocation: { namespaces: ['other'] } })],
    'pool a not compatible for ip assignment: it does not serve namespace default',
  ],
  ['the family went', holding(fourAndSix), [a()], 'the Service has no IPv6 cluster IP'],
  ['another address is wished', holding(['10.1.0.1'], wants('10.1.0.2')), [a()], 'the Service asks for ["10.1.0.2"]'],
  [
    'the pair cannot stay',
    holding(['10.1.0.1'], requireDual),
    [pool('a', ['10.1.0.0/30']), b],
    'its pool has no address of the other family',
  ],
])('what was taken away is said, and why: %s', (_, service, pools, why) => {
  expect(
    decisionsOf(worldOf([service], pools))
      .get('web')
      ?.lost.map((loss) => loss.why.message),
  ).toEqual([why]);
});

test('at a restart with pending Services nobody who has an address loses it', () => {
  const running = held('running', { holds: ['10.1.0.0'], fromPool: 'p', createdMs: 9 });
  const pending = held('pending', { createdMs: 1 });
  expect(decided(worldOf([pending, running], [pool('p', ['10.1.0.0/32'])]))).toEqual([
    'pending: PoolExhausted',
    'running: 10.1.0.0 of p',
  ]);
});

test('when a Service goes, one that waits gets its address and nobody moves', () => {
  const services = ['x', 'y', 'z'].map((name, createdMs) => held(name, { createdMs }));
  const { services: after, ...rest } = settled(worldOf(services, [pool('p', ['10.1.0.0/31'])]));
  expect(decided({ ...rest, services: after.slice(1) })).toEqual(['y: 10.1.0.1 of p', 'z: 10.1.0.0 of p']);
});

const sharers = (): World =>
  settled(
    worldOf(
      [held('old', { ...shares('k', 80), createdMs: 1 }), held('young', { ...shares('k', 81), createdMs: 2 })],
      [a()],
    ),
  );

function edited(world: World, name: string, options: ServiceOptions): World {
  const services = world.services.map((each) =>
    each.service.name === name
      ? {
          ...each,
          service: {
            ...each.service,
            ...held(name, options).service,
            uid: each.service.uid,
            createdMs: each.service.createdMs,
          },
        }
      : each,
  );
  return { ...world, services };
}

test.each<[string, ServiceOptions]>([
  ['another key', shares('other', 80)],
  ['no key', {}],
  ['a port of the other one', shares('k', 81)],
  ['another traffic policy', { ...shares('k', 80), externalTrafficPolicy: 'Local', selector: { app: 'x' } }],
])('of two that share, the one edited to %s gives way, though it is the older', (_, options) => {
  expect(decided(edited(sharers(), 'old', options))).toEqual(['old: 10.1.0.1 of a', 'young: 10.1.0.0 of a']);
});

test('without a ledger, after a restart, the older of two that clash keeps', () => {
  const clashing = edited(sharers(), 'old', shares('k', 81));
  const restarted = decisionsOf({ ...clashing, accepted: new Map() });
  expect(restarted.get('old')?.addresses.map(({ ip }) => ip)).toEqual(['10.1.0.0']);
  expect(restarted.get('young')?.lost).toMatchObject([{ address: { ip: '10.1.0.0' }, duplicateOf: 'default/old' }]);
});

test('a Service whose status somebody rewrites to an address of another one does not get it', () => {
  const world = settled(worldOf([held('x', { createdMs: 1 }), held('y', { createdMs: 2 })], [a()]));
  const [x, y] = world.services;
  const services = x && y ? [{ ...x, current: y.current }, y] : [];
  expect(decided({ ...world, services })).toEqual(['x: 10.1.0.0 of a', 'y: 10.1.0.1 of a']);
});

test('two leaders gave one address to two Services: the older keeps it, the other is moved and says so', () => {
  const older = held('older', { createdMs: 1 });
  const younger = held('younger', { holds: ['10.1.0.0'], fromPool: 'a', createdMs: 2 });
  const accepted = new Map(
    [older, younger].map(({ service, current }) => [
      service.uid,
      { fingerprint: requestOf(service).fingerprint, addresses: current.map(({ ip }) => ip) },
    ]),
  );
  const shown = held('older', { holds: ['10.1.0.0'], fromPool: 'a', createdMs: 1 });
  const decisions = decisionsOf(worldOf([shown, younger], [a()], { accepted }));
  expect([...decisions.values()].map(({ addresses }) => addresses.map(({ ip }) => ip).join())).toEqual([
    '10.1.0.0',
    '10.1.0.1',
  ]);
  expect(decisions.get('younger')?.lost).toMatchObject([{ duplicateOf: 'default/older' }]);
});

test('who lost a duplicate and must wait says so for as long as it waits', () => {
  const services = [1, 2].map((createdMs) => held(`s${createdMs}`, { holds: ['10.1.0.0'], fromPool: 'p', createdMs }));
  const world = worldOf(services, [pool('p', ['10.1.0.0/32'])]);
  const waits = { reason: 'DuplicateAddress', message: 'address 10.1.0.0 is held by the older Service default/s1' };
  expect(decisionsOf(world).get('s2')?.refusal).toEqual(waits);
  expect(decisionsOf(settled(world)).get('s2')?.refusal).toEqual(waits);
});

test('what one Service gives up late still serves another one that asked before', () => {
  const pools = [pool('a', ['10.1.0.0/32'])];
  const first = held('first', { createdMs: 1 });
  const pair = held('pair', { ...requireDual, holds: ['10.1.0.0'], fromPool: 'a', createdMs: 2 });
  expect(decided(worldOf([first, pair], pools))).toEqual(['first: 10.1.0.0 of a', 'pair: NoFamilyInPool']);
});
