// The router between the LAN and the outside, and a host outside.
import { externalBits, lanBits, outside, router } from './addresses.ts';
import { plugIntoLan } from './lan.ts';
import { createNamespace, ip, within } from './namespace.ts';
import { run } from '../process/run.ts';

export const routerNamespace = 'router';
export const outsideNamespace = 'outside';

export async function createRouter(): Promise<void> {
  await createNamespace(routerNamespace, 'forwarder');
  // Of several ways a connection takes one, not a pair of hosts.
  const policies = ['ipv4', 'ipv6'].map((family) => `echo 1 > /proc/sys/net/${family}/fib_multipath_hash_policy`);
  await run(within(routerNamespace, ['sh', '-ec', policies.join('\n')]));
  await plugIntoLan({ name: routerNamespace, namespace: routerNamespace, interface: 'lan', mac: router.lan.mac });
  await ip(
    [
      `address add ${router.lan.ipv4}/${lanBits.ipv4} dev lan`,
      `address add ${router.lan.ipv6}/${lanBits.ipv6} dev lan nodad`,
    ],
    routerNamespace,
  );
}

export async function createOutside(): Promise<void> {
  await createNamespace(outsideNamespace, 'host');
  await ip([`link add ext0 netns ${routerNamespace} type veth peer name eth0 netns ${outsideNamespace}`]);
  await ip(
    [
      `address add ${router.external.ipv4}/${externalBits.ipv4} dev ext0`,
      `address add ${router.external.ipv6}/${externalBits.ipv6} dev ext0 nodad`,
      'link set ext0 up',
    ],
    routerNamespace,
  );
  await ip(
    [
      `address add ${outside.ipv4}/${externalBits.ipv4} dev eth0`,
      `address add ${outside.ipv6}/${externalBits.ipv6} dev eth0 nodad`,
      'link set eth0 up',
      `route add default via ${router.external.ipv4}`,
      `route add ::/0 via ${router.external.ipv6}`,
    ],
    outsideNamespace,
  );
}
