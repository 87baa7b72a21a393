// Addresses of one family or both, as the ipFamilyPolicy of a Service says.
import { expect, test } from 'vitest';
import { servicePath } from '../services.ts';
import { lanAddresses, pool, service } from './objects.ts';
import { from, refused, useAllocations } from './use-allocations.ts';
import { useLab } from './use-lab.ts';

const lab = useLab({ nodes: 1, controllers: 1, speakers: false });
const { apply, create, expectAllocation } = useAllocations(lab);

test('one family, either, or both: as the policy of the Service says', async () => {
  await apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  await create(service('single', { ipFamilyPolicy: 'SingleStack' }));
  await expectAllocation('single', from('lan', '192.0.2.200'));
  await create(service('single-ipv6', { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }));
  await expectAllocation('single-ipv6', from('lan', '2001:db8:b::200'));
  await create(service('prefer', { ipFamilyPolicy: 'PreferDualStack' }));
  await expectAllocation('prefer', from('lan', '192.0.2.201', '2001:db8:b::201'));
  await create(service('require', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }));
  await expectAllocation('require', from('lan', '2001:db8:b::202', '192.0.2.202'));
});

test('from a pool of one family, who prefers both gets one, who requires both has to wait', async () => {
  await apply(pool('lan', [lanAddresses.ipv4]));
  await create(
    service('prefer', { ipFamilyPolicy: 'PreferDualStack' }),
    service('require', { ipFamilyPolicy: 'RequireDualStack' }),
  );
  await expectAllocation('prefer', {
    addresses: ['192.0.2.200'],
    allocated: 'True',
    reason: 'PartiallyAllocated',
    message: 'no IPv6 address: no suitable pool for IPv6 IPFamily',
  });
  await expectAllocation('require', refused('NoFamilyInPool', 'no suitable pool for dual IPFamily'));
  await apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  const anyIPv6: string = expect.stringMatching(/^2001:db8:b::20[01]$/);
  await expectAllocation('prefer', from('lan', '192.0.2.200', anyIPv6));
  await expectAllocation('require', from('lan', '192.0.2.201', anyIPv6));
});

test('a Service keeps its address when it becomes dual-stack, and when it becomes single-stack again', async () => {
  await apply(pool('lan', [lanAddresses.ipv4, lanAddresses.ipv6]));
  await create(service('web', { ipFamilyPolicy: 'SingleStack' }));
  await expectAllocation('web', from('lan', '192.0.2.200'));
  const families = ['IPv4', 'IPv6'];
  await lab().admin.patch(servicePath('web'), { spec: { ipFamilyPolicy: 'RequireDualStack', ipFamilies: families } });
  await expectAllocation('web', from('lan', '192.0.2.200', '2001:db8:b::200'));
  const { spec } = await lab().admin.get(servicePath('web'));
  await lab().admin.patch(servicePath('web'), {
    spec: { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'], clusterIPs: [spec.clusterIPs[0]] },
  });
  await expectAllocation('web', from('lan', '192.0.2.200'));
});
