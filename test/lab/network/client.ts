// The client: a host on the LAN that is no part of the cluster.
import { client, lanBits, router } from './addresses.ts';
import { plugIntoLan } from './lan.ts';
import { createNamespace, ip } from './namespace.ts';

export const clientNamespace = 'client';

export async function createClient(): Promise<void> {
  await createNamespace(clientNamespace, 'host');
  await plugIntoLan({ name: clientNamespace, namespace: clientNamespace, interface: 'eth0', mac: client.mac });
  await ip(
    [
      `address add ${client.ipv4}/${lanBits.ipv4} dev eth0`,
      `address add ${client.ipv6}/${lanBits.ipv6} dev eth0 nodad`,
      `route add default via ${router.lan.ipv4}`,
      `route add ::/0 via ${router.lan.ipv6}`,
    ],
    clientNamespace,
  );
}
