import { beforeEach, describe, expect, test } from 'vitest';
import type { Desired, DesiredService } from '#speaker/desired/desired.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import { ShownServices } from '#speaker/report/shown-services.ts';
import { desiredAddress, ip, nodeId, observed, observedAddress, observedSegment, service } from '../views.ts';

const shop = service('shop', []);
const [first, second] = ['192.0.2.200', '192.0.2.201'] as const;
const ips = [first, second].map(ip);

/** Both addresses behind one Service; n1 may own them. */
function desired(fields: Partial<DesiredAddress> = {}): Desired {
  const addresses = ips.map((one) => desiredAddress(one, ['n1'], fields));
  const behind: readonly DesiredService[] = [{ service: shop, first: ip(first) }];
  return {
    addresses,
    byIp: new Map(addresses.map((address) => [address.ip, address])),
    services: new Map(ips.map((one) => [one, behind])),
    failures: [],
    reports: () => true,
  };
}

const onInterfaces = (...interfaces: readonly string[]): Desired =>
  desired({ candidates: new Map([[nodeId('n1'), { interfaces, preference: 0, hasReadyEndpoint: true }]]) });
const lans = (...names: readonly string[]) => names.map((segment) => observedSegment({ segment }));

let shown: ShownServices;
beforeEach(() => {
  shown = new ShownServices(nodeId('n1'));
});

test('a Service shows the addresses that are answered and where', () => {
  const addresses = [observedAddress(second, ['eth1']), observedAddress(first, ['eth0'])];
  expect(shown.of(desired(), observed({ addresses }))).toEqual({
    services: [{ service: shop, ips, parts: [{ segment: undefined, ips, interfaces: ['eth0', 'eth1'] }] }],
    spokenFor: [shop],
    silent: [],
  });
});

test('who owns another address than the first does not speak for the Service', () => {
  const addresses = [observedAddress(second, ['eth0'])];
  expect(shown.of(desired(), observed({ addresses }))).toEqual({
    services: [{ service: shop, ips: [second], parts: [] }],
    spokenFor: [],
    silent: [],
  });
});

test('an address that is owned in silence is not shown, but spoken for', () => {
  const addresses = [observedAddress(first, ['eth0'], { answering: false })];
  expect(shown.of(desired(), observed({ addresses }))).toEqual({ services: [], spokenFor: [shop], silent: [] });
  expect(shown.of(desired({ answer: false }), observed({ addresses })).silent).toEqual([{ ip: first, service: shop }]);
});

test('what is no longer wanted is not shown', () => {
  const none: Desired = { ...desired(), byIp: new Map(), services: new Map() };
  const addresses = [observedAddress(first, ['eth0'])];
  expect(shown.of(none, observed({ addresses }))).toEqual({ services: [], spokenFor: [], silent: [] });
});

const partsOf = (wanted: Desired, owned: readonly string[], segments = ['eth0', 'eth1']): unknown =>
  shown
    .of(wanted, observed({ addresses: [observedAddress(first, owned)], segments: lans(...segments) }))
    .services.flatMap(({ parts }) => parts.map(({ segment, interfaces }) => [segment, ...interfaces]));

describe('on several LANs', () => {
  test.each<[string, Desired, readonly string[], unknown]>([
    [
      'the first interface by name has the object of the Service',
      onInterfaces('eth1', 'eth0'),
      ['eth0'],
      [[undefined, 'eth0']],
    ],
    ['a further one has its own', onInterfaces('eth0', 'eth1'), ['eth1'], [['eth1', 'eth1']]],
    [
      'both are written by who owns it on both',
      onInterfaces('eth0', 'eth1'),
      ['eth1', 'eth0'],
      [
        [undefined, 'eth0'],
        ['eth1', 'eth1'],
      ],
    ],
    ['an interface that is no LAN here does not count', onInterfaces('eth-1', 'eth1'), ['eth1'], [[undefined, 'eth1']]],
    ['without names there is one', desired(), ['eth1'], [[undefined, 'eth1']]],
  ])('%s', (_, wanted, owned, parts) => {
    expect(partsOf(wanted, owned)).toEqual(parts);
  });
});

const counted = (requests: number) => ({ counters: { requests, replies: 0, announcements: 0 } });

describe('the result', () => {
  const wanted = desired();

  test('is the same one while only counters change', () => {
    const before = shown.of(wanted, observed({ addresses: [observedAddress(first, ['eth0'], counted(1))] }));
    expect(shown.of(wanted, observed({ addresses: [observedAddress(first, ['eth0'], counted(2))] }))).toBe(before);
  });

  test.each([
    ['the addresses', wanted, observed({ addresses: [observedAddress(second, ['eth0'])] })],
    ['the LANs', wanted, observed({ addresses: [observedAddress(first, ['eth1'])] })],
    ['who is answered', wanted, observed({ addresses: [observedAddress(first, ['eth0'], { answering: false })] })],
    ['what is wanted', desired(), observed({ addresses: [observedAddress(first, ['eth0'])] })],
    [
      'the interfaces',
      wanted,
      observed({ addresses: [observedAddress(first, ['eth0'])], segments: lans('a', 'eth0') }),
    ],
  ])('is another when %s change', (_, changed, observation) => {
    const before = shown.of(wanted, observed({ addresses: [observedAddress(first, ['eth0'])] }));
    expect(shown.of(changed, observation)).not.toBe(before);
  });
});
