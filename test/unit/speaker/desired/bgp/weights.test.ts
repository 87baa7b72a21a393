import { expect, test } from 'vitest';
import { desiredRoutes, type DesiredRoutes } from '#speaker/desired/bgp/routes.ts';
import { service, slice } from '../../views.ts';
import { advertisements, routeInputs, shown } from './manifests.ts';

const web = service('web', ['192.0.2.200'], { externalTrafficPolicy: 'Local' });
const peers = [
  { name: 'left', linkBandwidthAsn: 64_513 },
  { name: 'right', linkBandwidthAsn: undefined },
];

function weigh(ready: number, nowMs = 0, before?: DesiredRoutes): DesiredRoutes {
  const slices = [slice('web', { n1: { ready }, n2: { ready: 9 } })];
  return desiredRoutes(routeInputs({ services: [web], peers, slices, nowMs }), before);
}

/** Of the community: type and subtype 0x4004, the AS number 0xfc01, octets per second as a number of IEEE 754. */
const community = (endpoints: number): string => {
  const number = Buffer.alloc(4);
  number.writeFloatBE(endpoints * 125_000_000);
  return `4004fc01${number.toString('hex')}`;
};

test('U11: peers that want it are told how many endpoints are here, the others not', () => {
  const routes = weigh(3);
  expect(shown(routes, 'left')).toEqual([`192.0.2.200/32 ${community(3)}`]);
  expect(community(1)).toBe('4004fc014cee6b28');
  expect(shown(routes, 'right')).toEqual(['192.0.2.200/32']);
});

test('nothing is said where kube-proxy spreads traffic over the nodes, of this Service or another one of the prefix', () => {
  const cluster = service('cluster', ['192.0.2.201']);
  const wide = advertisements(['wide', { aggregationLength: 24 }]);
  const of = (services: readonly (typeof web)[]): readonly string[] =>
    shown(desiredRoutes(routeInputs({ services, peers, advertisements: wide })));
  expect(of([cluster])).toEqual(['192.0.2.0/24']);
  expect(of([web])).toEqual([`192.0.2.0/24 ${community(1)}`]);
  expect(of([web, cluster])).toEqual(['192.0.2.0/24']);
  expect(of([cluster, web])).toEqual(['192.0.2.0/24']);
  const mail = service('mail', ['192.0.2.202'], { externalTrafficPolicy: 'Local' });
  expect(of([web, mail])).toEqual([`192.0.2.0/24 ${community(2)}`]);
});

test('nothing is said of endpoints that are all on their way out', () => {
  const slices = [slice('web', { n1: { servingTerminating: 2 } })];
  expect(shown(desiredRoutes(routeInputs({ services: [web], peers, slices })))).toEqual(['192.0.2.200/32']);
});

test('a weight changes when it is another by more than a fifth, and at most every five seconds', () => {
  const first = weigh(10, 1_000);
  const small = weigh(12, 60_000, first);
  expect([shown(small), small.dueMs]).toEqual([[`192.0.2.200/32 ${community(10)}`], undefined]);
  const large = weigh(13, 60_000, small);
  expect(shown(large)).toEqual([`192.0.2.200/32 ${community(13)}`]);
  const early = weigh(1, 61_000, large);
  expect([shown(early), early.dueMs]).toEqual([[`192.0.2.200/32 ${community(13)}`], 65_000]);
  const due = weigh(1, 65_000, early);
  expect([shown(due), due.dueMs]).toEqual([[`192.0.2.200/32 ${community(1)}`], undefined]);
});
