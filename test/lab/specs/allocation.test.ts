// Which address a Service gets, and what it is told when it gets none.
import { test } from 'vitest';
import { servicePath } from '../services.ts';
import { lanAddresses, pool, service, wants } from './objects.ts';
import { nothingSaid, type Allocation } from './seen.ts';
import { from, refused, useAllocations } from './use-allocations.ts';
import { useLab } from './use-lab.ts';

const lab = useLab({ nodes: 1, controllers: 1, speakers: false });
const { apply, create, expectAllocation } = useAllocations(lab);

function inUse(why: string): Allocation {
  return refused('AddressInUse', `address 192.0.2.200 in use by default/holder: ${why}`);
}

const onPort = (port: number) => ({ ports: [{ name: 'one', port }] });

test('a requested address is given, whether asked for by annotation or by spec.loadBalancerIP', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(
    service('annotated', {}, wants.address('192.0.2.222')),
    service('field', { loadBalancerIP: '192.0.2.223' }),
  );
  await expectAllocation('annotated', from('lan', '192.0.2.222'));
  await expectAllocation('field', from('lan', '192.0.2.223'));
});

test('a requested pool gives the address, even one that gives none unasked', async () => {
  await apply(pool('lan', ['192.0.2.200-192.0.2.209']), pool('reserve', ['192.0.2.220/30'], { autoAssign: false }));
  await create(service('any'), service('special', {}, wants.pool('reserve')));
  await expectAllocation('any', from('lan', '192.0.2.200'));
  await expectAllocation('special', from('reserve', '192.0.2.220'));
});

test('a request that cannot be met is refused with the reason', async () => {
  await apply(
    pool('lan', ['192.0.2.200-192.0.2.209']),
    pool('reserve', ['192.0.2.220/30'], { autoAssign: false }),
    pool('others', ['192.0.2.230/30'], { serviceAllocation: { namespaces: ['elsewhere'] } }),
  );
  await create(
    service('unknown-pool', {}, wants.pool('nowhere')),
    service('other-namespace', {}, wants.pool('others')),
    service('outside', {}, wants.address('198.51.100.1')),
    service('other-pool', {}, { ...wants.address('192.0.2.220'), ...wants.pool('lan') }),
    service('other-family', {}, wants.address('2001:db8:b::200')),
    service('no-address', {}, wants.address('next to the router')),
    service('twice', { loadBalancerIP: '192.0.2.201' }, wants.address('192.0.2.200')),
  );
  const refusals = {
    'unknown-pool': refused('UnknownPool', 'unknown pool "nowhere"'),
    'other-namespace': refused(
      'PoolNotAllowed',
      'pool others not compatible for ip assignment: it does not serve namespace default',
    ),
    outside: refused('AddressNotInPool', '["198.51.100.1"] is not allowed in config'),
    'other-pool': refused(
      'PoolMismatch',
      'requested loadBalancer IP(s) [192.0.2.220] is not compatible with requested address pool lan',
    ),
    'other-family': refused(
      'FamilyMismatch',
      'requested loadBalancer IP(s) [2001:db8:b::200] does not match the ipFamily of the service',
    ),
    'no-address': refused(
      'InvalidRequest',
      'invalid requested loadbalancer IPs: "next to the router" is not an IP address',
    ),
    twice: refused(
      'InvalidRequest',
      'service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP',
    ),
  };
  for (const [name, refusal] of Object.entries(refusals)) await expectAllocation(name, refusal);
});

test('without a pool Services wait, and are served when one is made', async () => {
  await create(service('web'));
  await expectAllocation('web', refused('NoPools', 'no IPAddressPool exists in namespace metallb-system'));
  await apply(pool('lan', [lanAddresses.ipv4]));
  await expectAllocation('web', from('lan', '192.0.2.200'));
});

test('of an exhausted pool a Service has to wait, says why, and gets the first address that is freed', async () => {
  await apply(pool('small', ['192.0.2.200/32']));
  await create(service('first'));
  await expectAllocation('first', from('small', '192.0.2.200'));
  await create(service('second'));
  await expectAllocation('second', refused('PoolExhausted', 'no available IPs: pool small free 0 of 1 IPv4'));
  await lab().admin.delete(servicePath('first'));
  await expectAllocation('second', from('small', '192.0.2.200'));
});

test('a Service of another load-balancer class is left to whoever serves that class', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('foreign', { loadBalancerClass: 'example.com/other' }), service('ours'));
  await expectAllocation('ours', from('lan', '192.0.2.200'));
  await expectAllocation('foreign', nothingSaid);
});

test('an address is shared only with the same key, other ports and the same traffic policy', async () => {
  const shared = wants.address('192.0.2.200');
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(service('holder', {}, { ...shared, ...wants.sharing('web') }));
  await expectAllocation('holder', from('lan', '192.0.2.200'));
  await create(
    service('same-port', {}, { ...shared, ...wants.sharing('web') }),
    service('other-key', onPort(444), { ...shared, ...wants.sharing('other') }),
    service('no-key', onPort(445), shared),
    service('local', { ...onPort(446), externalTrafficPolicy: 'Local' }, { ...shared, ...wants.sharing('web') }),
  );
  await expectAllocation('same-port', inUse('port TCP/80 is already in use on "192.0.2.200"'));
  await expectAllocation('other-key', inUse('sharing key "other" does not match existing sharing key "web"'));
  await expectAllocation('no-key', inUse('sharing key "" does not match existing sharing key "web"'));
  await expectAllocation('local', inUse('backend key "Local:app=web" does not match existing backend key ""'));
  await create(service('sharer', onPort(443), { ...shared, ...wants.sharing('web') }));
  await expectAllocation('sharer', from('lan', '192.0.2.200'));
});
