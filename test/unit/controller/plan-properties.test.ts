// What holds of every plan, on small random worlds that are full of clashes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Address } from '#controller/allocation/address.ts';
import { isAvoided } from '#controller/allocation/pool-space.ts';
import type { Decision, Held } from '#controller/plan.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { Family } from '#shared/net/ip.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { address, held, pool } from '#test/unit/controller/objects.ts';
import { decisionsOf, planOf, settled, worldOf, type World } from '#test/unit/controller/world.ts';

const runs = { numRuns: 300 };
const addresses = [
  ...Array.from({ length: 6 }, (_, index) => `10.1.0.${index}`),
  ...Array.from({ length: 4 }, (_, index) => `2001:db8::${index}`),
];
const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const sometimes = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

const families = oneOf(
  { clusterIPs: ['10.0.0.1'] },
  { clusterIPs: ['fd00::1'] },
  { clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilyPolicy: 'PreferDualStack' as const },
  { clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilyPolicy: 'RequireDualStack' as const, ipFamilies: ['IPv6' as const] },
  { clusterIPs: ['None'] },
);

const wishes = fc
  .record({
    key: oneOf('', '', 'k', 'l'),
    pool: oneOf('', '', '', 'p0', 'p1', 'nowhere'),
    addresses: oneOf('', '', '', '10.1.0.1', '10.1.0.2', '2001:db8::1', '10.1.0.1,2001:db8::1', 'nonsense'),
    local: fc.boolean(),
    port: oneOf(80, 81),
    team: oneOf('a', 'b'),
    families,
  })
  .map(({ key, pool: from, addresses: wanted, local, port, team, families: given }) => ({
    ...given,
    labels: { team },
    annotations: {
      'metallb.io/allow-shared-ip': key,
      'metallb.io/address-pool': from,
      'metallb.io/loadBalancerIPs': wanted,
    },
    externalTrafficPolicy: local ? ('Local' as const) : ('Cluster' as const),
    ports: [{ protocol: 'TCP', port }],
  }));

const anyService = fc.record({
  wish: wishes,
  holds: fc.subarray(addresses, { maxLength: 3 }),
  fromPool: oneOf(undefined, 'p0', 'p1'),
  createdMs: fc.integer({ min: 0, max: 3 }),
  deleting: oneOf(false, false, false, true),
});

const anyPool = fc.record({
  entries: fc.uniqueArray(
    oneOf('10.1.0.0/31', '10.1.0.1-10.1.0.3', '10.1.0.4/31', '2001:db8::/127', '2001:db8::1-2001:db8::3', 'nonsense'),
    { minLength: 1, maxLength: 3 },
  ),
  createdMs: fc.integer({ min: 0, max: 3 }),
  autoAssign: oneOf(true, true, true, false),
  avoidBuggyIPs: fc.boolean(),
  serviceAllocation: sometimes(
    fc.record({
      priority: oneOf(0, 1, 2),
      serviceSelectors: oneOf([], [{ matchLabels: { team: 'a' } }]),
      namespaces: oneOf([], ['default'], ['other']),
    }),
  ),
});

const toService = (
  index: number,
  { wish, ...rest }: typeof anyService extends fc.Arbitrary<infer V> ? V : never,
): Held => {
  const { fromPool, ...options } = rest;
  return held(`s${index}`, { ...wish, ...options, ...(fromPool === undefined ? {} : { fromPool }) });
};

const toPool = (
  index: number,
  { entries, serviceAllocation, ...rest }: typeof anyPool extends fc.Arbitrary<infer V> ? V : never,
): Pool => pool(`p${index}`, entries, { ...rest, ...(serviceAllocation === undefined ? {} : { serviceAllocation }) });

const anyWorld = fc
  .tuple(fc.array(anyService, { maxLength: 6 }), fc.array(anyPool, { maxLength: 3 }))
  .map(([services, pools]): World =>
    worldOf(
      services.map((each, index) => toService(index, each)),
      pools.map((each, index) => toPool(index, each)),
    ),
  );

const outcome = ({ addresses: given, space, refusal }: Decision) => ({
  ips: given.map(({ ip }) => ip),
  pool: space?.pool.name,
  refusal,
});
/** A Service that is being deleted is told nothing. */
const outcomeUnlessDeleting = (decision: Decision) =>
  decision.request.service.deleting ? { ...outcome(decision), refusal: undefined } : outcome(decision);
const outcomes = (world: World) =>
  new Map([...decisionsOf(world)].map(([name, decision]) => [name, outcomeUnlessDeleting(decision)]));
const ipsOf = (world: World) =>
  new Map([...decisionsOf(world)].map(([name, decision]) => [name, outcome(decision).ips]));

/** Who has less than it had. */
function harmed(before: World, after: World): readonly string[] {
  const had = ipsOf(before);
  return [...ipsOf(after)].flatMap(([name, ips]) =>
    (had.get(name) ?? []).every((ip) => ips.includes(ip)) ? [] : [name],
  );
}

test('the order of what was read does not matter', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const reversed = { ...world, services: world.services.toReversed(), pools: world.pools.toReversed() };
      expect(outcomes(reversed)).toEqual(outcomes(world));
    }),
    runs,
  );
});

test('once a plan is written, the next one changes nothing', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      expect(outcomes(settled(world))).toEqual(outcomes(world));
    }),
    runs,
  );
});

test('a new Service or a new pool harms nobody', () => {
  fc.assert(
    fc.property(anyWorld, anyService, anyPool, (world, newService, newPool) => {
      const before = settled(world);
      const pending = toService(9, { ...newService, holds: [] });
      expect(harmed(before, { ...before, services: [...before.services, pending] })).toEqual([]);
      expect(harmed(before, { ...before, pools: [...before.pools, toPool(9, newPool)] })).toEqual([]);
    }),
    runs,
  );
});

test('removing a Service harms no other', () => {
  fc.assert(
    fc.property(anyWorld, fc.nat(), (world, which) => {
      const before = settled(world);
      const gone = which % Math.max(1, before.services.length);
      const services = before.services.filter((_, index) => index !== gone);
      expect(harmed(before, { ...before, services })).toEqual([]);
    }),
    runs,
  );
});

test('removing a pool harms none but those that have their addresses from it', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const before = settled(world);
      const [gone, ...pools] = before.pools;
      const had = decisionsOf(before);
      const others = harmed(before, { ...before, pools }).filter((name) => had.get(name)?.space?.pool !== gone);
      expect(others).toEqual([]);
    }),
    runs,
  );
});

test('an edit of one Service harms no other', () => {
  fc.assert(
    fc.property(anyWorld, fc.nat(), wishes, (world, which, wish) => {
      const before = settled(world);
      const target = before.services[which % Math.max(1, before.services.length)]?.service.name;
      const services = before.services.map((each) =>
        each.service.name === target
          ? { ...each, service: { ...held(each.service.name, wish).service, createdMs: each.service.createdMs } }
          : each,
      );
      expect(harmed(before, { ...before, services }).filter((name) => name !== target)).toEqual([]);
    }),
    runs,
  );
});

const key = (service: ServiceView): string => service.annotations['metallb.io/allow-shared-ip'] ?? '';

function mayShare(a: ServiceView, b: ServiceView): boolean {
  const samePort = a.ports.some(({ port, protocol }) =>
    b.ports.some((other) => other.port === port && other.protocol === protocol),
  );
  return key(a) !== '' && key(a) === key(b) && a.externalTrafficPolicy === b.externalTrafficPolicy && !samePort;
}

test('no address is held twice, unless the holders may share it', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const all = [...decisionsOf(world).values()];
      const clashes = all.flatMap((a, index) =>
        all
          .slice(index + 1)
          .filter((b) => a.addresses.some(({ ip }) => b.addresses.some((other) => other.ip === ip)))
          .filter((b) => !mayShare(a.request.service, b.request.service)),
      );
      expect(clashes).toEqual([]);
    }),
    runs,
  );
});

const covers = ({ ranges }: Pool, { family, value }: Address): boolean =>
  ranges.some((range) => range.family === family && range.first <= value && value <= range.last);

test('every address is of the one pool named, which admits the Service', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      for (const { request, addresses: given, space } of decisionsOf(world).values()) {
        expect(space === undefined).toBe(given.length === 0);
        const legal = (of: Pool): boolean =>
          of.serviceAllocation?.refuses(request.service, undefined) === undefined &&
          given.every((each) => covers(of, each) && !isAvoided(of, each));
        expect(space === undefined || space.pool.frozen !== undefined || legal(space.pool)).toBe(true);
      }
    }),
    runs,
  );
});

/** What it may have, given the reason that it names. */
function isFitting({ request, addresses: given, refusal }: Decision): boolean {
  const { service, fault, families: asked } = request;
  const got = given.map(({ family }) => family);
  if (fault !== undefined) return refusal === fault.refusal;
  if (service.deleting) return got.every((family) => asked.includes(family));
  if (refusal === undefined) return got.join() === asked.join();
  if (refusal.reason === 'PartiallyAllocated') return service.ipFamilyPolicy === 'PreferDualStack' && got.length === 1;
  return got.length === 0;
}

test('the families are those that the policy asks for, or there is one reason', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      expect([...decisionsOf(world).values()].filter((decision) => !isFitting(decision))).toEqual([]);
    }),
    runs,
  );
});

/** A search that knows nothing of cursors: whether the pool could give the Service an address of the family. */
function couldGive(
  of: Pool,
  family: Family,
  service: ServiceView,
  pools: readonly Pool[],
  all: readonly Decision[],
): boolean {
  const oldestFirst = pools.toSorted((a, b) => a.createdMs - b.createdMs || (a.uid < b.uid ? -1 : 1));
  return addresses
    .map(address)
    .some(
      (each) =>
        each.family === family &&
        oldestFirst.find((candidate) => covers(candidate, each)) === of &&
        !isAvoided(of, each) &&
        all
          .filter((other) => other.addresses.some(({ ip }) => ip === each.ip))
          .every((other) => mayShare(service, other.request.service)),
    );
}

test('an exhausted pool is one in which a search finds nothing', () => {
  fc.assert(
    fc.property(anyWorld, ({ pools, ...world }) => {
      const all = [...decisionsOf({ pools, ...world }).values()];
      for (const { request } of all.filter(({ refusal }) => refusal?.reason === 'PoolExhausted')) {
        const { service, families: needed, wantedPool } = request;
        const candidates = pools.filter(
          ({ name, autoAssign, frozen, serviceAllocation }) =>
            (wantedPool === undefined ? autoAssign : wantedPool === name) &&
            frozen === undefined &&
            serviceAllocation?.refuses(service, undefined) === undefined,
        );
        const suffices = service.ipFamilyPolicy === 'PreferDualStack' ? 'some' : 'every';
        const giving = candidates.filter((of) =>
          needed[suffices]((family) => couldGive(of, family, service, pools, all)),
        );
        expect(giving).toEqual([]);
      }
    }),
    runs,
  );
});

test('usage equals a recount', () => {
  fc.assert(
    fc.property(anyWorld, (world) => {
      const { decisions, usage } = planOf(world);
      for (const { name } of world.pools) {
        const of = [...decisions.values()].filter(({ space }) => space?.pool.name === name);
        const given = of.flatMap((decision) => decision.addresses);
        const distinct = (family: Family) =>
          new Set(given.filter((each) => each.family === family).map(({ ip }) => ip)).size;
        expect(usage.get(name)).toMatchObject({
          services: of.length,
          families: { IPv4: { assigned: distinct('IPv4') }, IPv6: { assigned: distinct('IPv6') } },
        });
      }
    }),
    runs,
  );
});
