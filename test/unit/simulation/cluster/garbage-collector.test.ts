import { beforeEach, expect, test } from 'vitest';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { nodes } from '#shared/kube/resources.ts';
import { collectGarbage } from '#test/simulation/cluster/garbage-collector.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { Cluster } from '../../cluster.ts';

let clock: VirtualClock;
let cluster: Cluster;

beforeEach(() => {
  clock = new VirtualClock();
  cluster = new Cluster(clock, 'web');
  collectGarbage(cluster.apiserver, seededRandom(1));
  for (const name of ['n1', 'n2']) cluster.put(nodes, { metadata: { name, uid: `uid-${name}` } });
});

function put(name: string, ...owners: readonly string[]): void {
  const ownerReferences = owners.map((owner) => ({ apiVersion: 'v1', kind: 'Node', name: owner, uid: `uid-${owner}` }));
  cluster.put(serviceL2Statuses, { metadata: { name, namespace: 'web', ownerReferences } });
}

const names = (): readonly string[] => cluster.list(serviceL2Statuses).map(({ metadata }) => metadata.name);

test('an object goes with the last of its owners, and others stay', () => {
  put('first', 'n1');
  put('both', 'n1', 'n2');
  put('nobodys');
  cluster.remove(nodes, undefined, 'n1');
  expect(names()).toEqual(['first', 'both', 'nobodys']);
  clock.advance(3_000);
  expect(names()).toEqual(['both', 'nobodys']);
  cluster.remove(nodes, undefined, 'n2');
  clock.advance(3_000);
  expect(names()).toEqual(['nobodys']);
});

test('an owner of the same name is another one', () => {
  put('first', 'n1');
  cluster.remove(nodes, undefined, 'n1');
  cluster.put(nodes, { metadata: { name: 'n1', uid: 'uid-other' } });
  clock.advance(3_000);
  expect(names()).toEqual([]);
});

test('what is made for an owner that is gone goes too', () => {
  put('late', 'n3');
  clock.advance(3_000);
  expect(names()).toEqual([]);
});
