// The pod of a node: a namespace behind the node's end of its pod network.
import type { NodeAddresses } from './addresses.ts';
import { createNamespace, ip } from './namespace.ts';

export async function createPod(node: NodeAddresses): Promise<void> {
  const { name, gateway, ipv4, ipv6, bits } = node.pod;
  await createNamespace(name, 'host');
  await ip([`link add pod0 netns ${node.name} type veth peer name eth0 netns ${name}`]);
  await ip(
    [
      `address add ${gateway.ipv4}/${bits.ipv4} dev pod0`,
      `address add ${gateway.ipv6}/${bits.ipv6} dev pod0 nodad`,
      'link set pod0 up',
    ],
    node.name,
  );
  await ip(
    [
      `address add ${ipv4}/${bits.ipv4} dev eth0`,
      `address add ${ipv6}/${bits.ipv6} dev eth0 nodad`,
      'link set eth0 up',
      `route add default via ${gateway.ipv4}`,
      `route add ::/0 via ${gateway.ipv6}`,
    ],
    name,
  );
}
