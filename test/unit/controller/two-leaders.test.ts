// Two replicas: one leads, and whatever happens to it, its clock or its requests, no address stays with two and no older Service is moved.
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { uniform } from '#shared/runtime/random.ts';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { events, leases, services } from '#shared/kube/resources.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { Cluster } from '../cluster.ts';
import { ownNamespace, poolObject, Replica, serviceObject, shownIn, type Loss } from './replica.ts';

let clock: VirtualClock;
let cluster: Cluster;

beforeEach(() => {
  clock = new VirtualClock();
  cluster = new Cluster(clock, 'default', ownNamespace);
});

const leader = () => cluster.get(leases, ownNamespace, 'ingot-controller')?.['spec'].holderIdentity ?? '';

function duplicates(): readonly string[] {
  const all = cluster.list(services).flatMap(({ metadata }) => shownIn(cluster, metadata.name));
  return all.filter((ip, index) => all.indexOf(ip) !== index);
}

test('only one writes', () => {
  cluster.put(ipAddressPools, poolObject('a', ['10.1.0.0/28']));
  const replicas = [1, 2].map((seed) => new Replica(cluster, clock, { seed }).start());
  clock.advance(5_000);
  for (let index = 0; index < 10; index++) cluster.put(services, serviceObject(`s${index}`));
  clock.advance(5_000);
  expect(duplicates()).toEqual([]);
  const written = replicas.map(
    ({ metrics }) => metrics.values.get('ingot_allocations_total{outcome="allocated"}') ?? 0,
  );
  expect(written.toSorted((a, b) => a - b)).toEqual([0, 10]);
});

test('the other one takes over from a leader that was killed, and moves nobody', () => {
  cluster.put(ipAddressPools, poolObject('a', ['10.1.0.0/28']));
  const [first] = [1, 2].map((seed) => new Replica(cluster, clock, { seed }).start());
  clock.advance(5_000);
  for (let index = 0; index < 5; index++) cluster.put(services, serviceObject(`s${index}`));
  clock.advance(3_000);
  const before = cluster.list(services).map(({ metadata }) => shownIn(cluster, metadata.name));
  const old = leader();
  first?.kill();
  cluster.put(services, serviceObject('late'));
  clock.advance(25_000);
  expect(leader()).not.toBe(old);
  expect(cluster.list(services).map(({ metadata }) => shownIn(cluster, metadata.name))).toEqual([
    ...before,
    ['10.1.0.5'],
  ]);
});

test('a leader whose renewals are lost stops writing before another one can lead', () => {
  cluster.put(ipAddressPools, poolObject('a', ['10.1.0.0/28']));
  const replica = new Replica(cluster, clock).start();
  clock.advance(5_000);
  replica.losing = ({ resource }) => (resource.plural === 'leases' ? 'request' : undefined);
  clock.advance(6_000);
  cluster.put(services, serviceObject('web'));
  clock.advance(9_000);
  expect(shownIn(cluster, 'web')).toEqual([]);
  replica.losing = () => undefined;
  clock.advance(20_000);
  expect(shownIn(cluster, 'web')).toEqual(['10.1.0.0']);
});

test('an address that the old leader gave while the new one gave it too is repaired: the older Service keeps it', () => {
  cluster.put(ipAddressPools, poolObject('a', ['10.1.0.0/30']));
  const replica = new Replica(cluster, clock).start();
  clock.advance(5_000);
  cluster.put(services, serviceObject('older', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } }));
  // The new leader cannot write to it; what the old one had sent arrives late.
  const take = cluster.refuse((request) => request.verb === 'patch' && request.name === 'older', 500);
  cluster.put(
    services,
    serviceObject('younger', { metadata: { annotations: { 'metallb.io/loadBalancerIPs': '10.1.0.3' } } }),
  );
  clock.advance(3_000);
  expect(shownIn(cluster, 'younger')).toEqual(['10.1.0.3']);
  take();
  cluster.edit(services, 'default', 'older', (object) => ({
    ...object,
    status: { loadBalancer: { ingress: [{ ip: '10.1.0.3' }] } },
  }));
  clock.advance(5_000);
  expect([shownIn(cluster, 'older'), shownIn(cluster, 'younger')]).toEqual([['10.1.0.3'], []]);
  expect(replica.metrics.values.get('ingot_duplicate_addresses_total')).toBe(1);
  expect(cluster.list(events).map(({ reason }) => reason)).toContain('DuplicateAddress');
});

test('a new leader whose watch lags reads all Services before it gives anything', () => {
  cluster.put(ipAddressPools, poolObject('a', ['10.1.0.0/31']));
  let requestMs = 1;
  let watchMs = 1;
  const first = new Replica(cluster, clock, {
    seed: 1,
    delays: { request: () => requestMs, answer: () => 1, watch: () => 1 },
  }).start();
  clock.advance(5_000);
  new Replica(cluster, clock, { seed: 2, delays: { request: () => 1, answer: () => 1, watch: () => watchMs } }).start();
  clock.advance(5_000);
  cluster.put(services, serviceObject('young'));
  requestMs = 200;
  clock.advance(100);
  // Older, and read by both before the address of the other is stored; of that the second one hears much later.
  cluster.put(services, serviceObject('old', { metadata: { creationTimestamp: '2025-01-01T00:00:00Z' } }));
  clock.advance(20);
  watchMs = 60_000;
  first.kill();
  clock.advance(300);
  watchMs = 500;
  clock.advance(30_000);
  expect([shownIn(cluster, 'young'), shownIn(cluster, 'old')]).toEqual([['10.1.0.0'], ['10.1.0.1']]);
});

interface Party {
  readonly replica: Replica;
  /** It reaches nobody before that. */
  cutUntilMs: number;
}

test('with any delays and losses there is no duplicate in the end, and who has an address keeps it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => {
      clock = new VirtualClock();
      cluster = new Cluster(clock, 'default', ownNamespace);
      cluster.put(ipAddressPools, poolObject('a', ['10.1.0.0/29']));
      const random = seededRandom(seed);
      const parties = [1, 2].map((each) => startParty(seed + each));
      for (let index = 0; index < 12; index++) {
        act(index, uniform(random, 0, 9), parties);
        clock.advance(uniform(random, 1, 4_000));
      }
      for (const { replica } of parties) replica.losing = () => undefined;
      clock.advance(60_000);
      const settled = allShown();
      expect(duplicates()).toEqual([]);
      const waiting = settled.filter(([, ips]) => ips === '').length;
      expect(Math.min(waiting, 8 - (settled.length - waiting))).toBe(0);
      clock.advance(60_000);
      expect(allShown()).toEqual(settled);
    }),
    { numRuns: 25 },
  );
});

function allShown(): readonly (readonly [name: string, ips: string])[] {
  return cluster.list(services).map(({ metadata }) => [metadata.name, shownIn(cluster, metadata.name).join()]);
}

function startParty(seed: number): Party {
  const random = seededRandom(seed);
  const upTo = (most: number) => () => uniform(random, 1, uniform(random, 0, 9) === 0 ? most : 20);
  const delays = { request: upTo(4_000), answer: upTo(900), watch: upTo(3_000) };
  const party: Party = { replica: new Replica(cluster, clock, { seed, delays }), cutUntilMs: 0 };
  party.replica.losing = () => (clock.nowMs() < party.cutUntilMs ? 'request' : anyLoss(uniform(random, 0, 99)));
  party.replica.start();
  return party;
}

function anyLoss(percent: number): Loss {
  if (percent < 5) return 'request';
  return percent < 10 ? 'answer' : undefined;
}

/** Services come and go; now and then a replica is cut off for a while. */
function act(index: number, dice: number, parties: readonly Party[]): void {
  if (dice < 6) {
    const creationTimestamp = new Date(Date.UTC(2025, 0, 1, 0, 0, dice)).toISOString();
    cluster.put(services, serviceObject(`s${index}`, { metadata: { creationTimestamp } }));
  } else if (dice < 8) {
    const [first] = cluster.list(services);
    if (first !== undefined) cluster.remove(services, 'default', first['metadata'].name);
  } else {
    const party = parties[dice - 8];
    if (party !== undefined) party.cutUntilMs = clock.nowMs() + 12_000;
  }
}
