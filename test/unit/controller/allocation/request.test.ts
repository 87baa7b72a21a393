import { expect, test } from 'vitest';
import fc from 'fast-check';
import { requestOf } from '#controller/allocation/request.ts';
import { dual, preferDual, requireDual, service, type ServiceOptions } from '#test/unit/controller/objects.ts';

const keeps = (options: ServiceOptions) => requestOf(service('web', options)).fault?.keepsAddresses;
const backend = (options: ServiceOptions) => requestOf(service('web', options)).sharing.backend;
const fingerprint = (options: ServiceOptions) => requestOf(service('web', options)).fingerprint;

const wants = (addresses: string): ServiceOptions => ({ annotations: { 'metallb.io/loadBalancerIPs': addresses } });

test.each<[string, ServiceOptions, readonly string[]]>([
  ['one IPv4 cluster IP', { clusterIPs: ['10.0.0.1'] }, ['IPv4']],
  ['one IPv6 cluster IP', { clusterIPs: ['fd00::1'] }, ['IPv6']],
  ['two, IPv4 first by default', { clusterIPs: ['fd00::1', '10.0.0.1'], ipFamilies: [] }, ['IPv4', 'IPv6']],
  ['two, IPv6 primary', { ...dual, ipFamilies: ['IPv6', 'IPv4'] }, ['IPv6', 'IPv4']],
  ['none', { clusterIPs: [] }, []],
  ['headless', { clusterIPs: ['None'] }, []],
  ['two of one family', { clusterIPs: ['10.0.0.1', '10.0.0.2'] }, []],
  ['three', { clusterIPs: ['10.0.0.1', 'fd00::1', '10.0.0.2'] }, []],
])('families of %s', (_, options, families) => {
  expect(requestOf(service('web', options)).families).toEqual(families);
});

test.each<[string, ServiceOptions, string, string]>([
  [
    'no cluster IP',
    { clusterIPs: [] },
    'InvalidClusterIPs',
    'clusterIPs [] are neither one address nor one of each family',
  ],
  [
    'dual stack required of one cluster IP',
    { ipFamilyPolicy: 'RequireDualStack' },
    'NotEnoughClusterIPs',
    'Service requires dual stack but not enough clusterips [10.0.0.1]',
  ],
  ['text', wants('web'), 'InvalidRequest', 'invalid requested loadbalancer IPs: "web" is not an IP address'],
  [
    'a leading zero',
    wants('10.0.0.01'),
    'InvalidRequest',
    'invalid requested loadbalancer IPs: "10.0.0.01" is not an IP address',
  ],
  [
    'an IPv4-mapped address',
    wants('::ffff:10.0.0.1'),
    'InvalidRequest',
    'invalid requested loadbalancer IPs: "::ffff:10.0.0.1" is not an IP address',
  ],
  [
    'an empty item',
    wants('10.1.0.1,'),
    'InvalidRequest',
    'invalid requested loadbalancer IPs: "" is not an IP address',
  ],
  [
    'two of one family',
    { ...dual, ...wants('10.1.0.1,10.1.0.2') },
    'InvalidRequest',
    'invalid requested loadbalancer IPs: more than one IPv4 address',
  ],
  [
    'three',
    { ...dual, ...wants('10.1.0.1,::1,::2') },
    'InvalidRequest',
    'invalid requested loadbalancer IPs: at most one address of each family',
  ],
  [
    'both ways of asking',
    { ...wants('10.1.0.1'), loadBalancerIP: '10.1.0.1' },
    'InvalidRequest',
    'service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP',
  ],
  [
    'the other family',
    wants('2001:db8::1'),
    'FamilyMismatch',
    'requested loadBalancer IP(s) [2001:db8::1] does not match the ipFamily of the service',
  ],
  [
    'one address for two families',
    { ...requireDual, ...wants('10.1.0.1') },
    'FamilyMismatch',
    'requested loadBalancer IP(s) [10.1.0.1] does not match the ipFamily of the service',
  ],
  [
    'loadBalancerIP for two families',
    { ...preferDual, loadBalancerIP: '10.1.0.1' },
    'FamilyMismatch',
    'requested loadBalancer IP(s) [10.1.0.1] does not match the ipFamily of the service',
  ],
])('%s is refused', (_, options, reason, message) => {
  expect(requestOf(service('web', options)).fault?.refusal).toEqual({ reason, message });
});

test('a typing error keeps what the Service has, a clear wish that cannot be met does not', () => {
  expect(keeps(wants('web'))).toBe(true);
  expect(keeps({ clusterIPs: [] })).toBe(true);
  expect(keeps(wants('2001:db8::1'))).toBe(false);
  expect(keeps({ ipFamilyPolicy: 'RequireDualStack' })).toBe(false);
});

test('addresses are compared by value and stand in the order of the families', () => {
  const { wantedAddresses } = requestOf(service('web', { ...dual, ...wants(' 2001:DB8:0::1 , 10.1.0.1') }));
  expect(wantedAddresses.map(({ ip }) => ip)).toEqual(['10.1.0.1', '2001:db8::1']);
});

test.each<[string, Readonly<Record<string, string>>, string | undefined, string]>([
  ['the present prefix', { 'metallb.io/address-pool': 'a', 'metallb.io/allow-shared-ip': 'k' }, 'a', 'k'],
  [
    'the former prefix',
    { 'metallb.universe.tf/address-pool': 'a', 'metallb.universe.tf/allow-shared-ip': 'k' },
    'a',
    'k',
  ],
  [
    'the present one wins, even when empty',
    {
      'metallb.io/address-pool': '',
      'metallb.universe.tf/address-pool': 'a',
      'metallb.io/allow-shared-ip': '',
      'metallb.universe.tf/allow-shared-ip': 'k',
    },
    undefined,
    '',
  ],
  ['neither', {}, undefined, ''],
])('annotations: %s', (_, annotations, pool, key) => {
  const { wantedPool, sharing } = requestOf(service('web', { annotations }));
  expect({ wantedPool, key: sharing.key }).toEqual({ wantedPool: pool, key });
});

test('the backend key tells Local from Cluster and selectors apart, whatever their order', () => {
  const local = (selector: Record<string, string>) => backend({ externalTrafficPolicy: 'Local', selector });
  expect(backend({ selector: { app: 'a' } })).toBe('');
  expect(local({ app: 'a', tier: 'b' })).toBe(local({ tier: 'b', app: 'a' }));
  expect(new Set([backend({}), local({}), local({ app: 'a' }), local({ app: 'b' })]).size).toBe(4);
});

test('the same wish has the same fingerprint, any other wish another one', () => {
  expect(fingerprint({ labels: { a: 'b' } })).toBe(fingerprint({}));
  const others = [
    {},
    wants('10.1.0.1'),
    { loadBalancerIP: '10.1.0.1' },
    { annotations: { 'metallb.io/address-pool': 'a' } },
    { annotations: { 'metallb.io/allow-shared-ip': 'a' } },
    { ports: [{ protocol: 'UDP', port: 80 }] },
    { externalTrafficPolicy: 'Local' as const },
  ].map(fingerprint);
  expect(new Set(others).size).toBe(others.length);
});

test('no text makes it throw', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('10.1.0.1', '::1', ',', '10.1.0.1,::1', '999.1.1.1', '::ffff:1.2.3.4'),
  );
  fc.assert(
    fc.property(text, text, text, fc.array(text, { maxLength: 3 }), (addresses, pool, loadBalancerIP, clusterIPs) => {
      const annotations = { 'metallb.io/loadBalancerIPs': addresses, 'metallb.io/address-pool': pool };
      const { fault, wantedAddresses } = requestOf(service('web', { annotations, loadBalancerIP, clusterIPs }));
      expect(fault !== undefined || wantedAddresses.length <= 2).toBe(true);
      expect((fault?.refusal.message ?? '').length).toBeLessThan(500);
    }),
  );
});
