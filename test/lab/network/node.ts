// A node of the lab's cluster: a namespace on the LAN and on the management network, with a pod behind it and routes to the other nodes' pods.
import { lanBits, nodeAddresses, router, type NodeNumber } from './addresses.ts';
import { lanNamespace, plugIntoLan, plugIntoManagement } from './lan.ts';
import { createNamespace, deleteNamespace, ip, signalAll } from './namespace.ts';
import { createPod } from './pod.ts';

export function lanPort(number: NodeNumber): string {
  return nodeAddresses(number).name;
}

export function managementPort(number: NodeNumber): string {
  return `m${number}`;
}

export async function createNode(number: NodeNumber, others: readonly NodeNumber[]): Promise<void> {
  const node = nodeAddresses(number);
  await createNamespace(node.name, 'forwarder');
  await plugIntoLan({ name: lanPort(number), namespace: node.name, interface: 'eth0', mac: node.mac });
  await plugIntoManagement({ name: managementPort(number), namespace: node.name, interface: 'mgmt0' }, node.management);
  await ip(
    [
      `address add ${node.ipv4}/${lanBits.ipv4} dev eth0`,
      `address add ${node.ipv6}/${lanBits.ipv6} dev eth0 nodad`,
      `route add default via ${router.lan.ipv4}`,
      `route add ::/0 via ${router.lan.ipv6}`,
      ...others.filter((other) => other !== number).flatMap(podRoutes),
    ],
    node.name,
  );
  await createPod(node);
}

function podRoutes(other: NodeNumber): readonly string[] {
  const { pod, ipv4, ipv6 } = nodeAddresses(other);
  return [`route add ${pod.networks[0]} via ${ipv4}`, `route add ${pod.networks[1]} via ${ipv6}`];
}

/** Nothing of the node survives: no process, neighbour, connection or rule. */
export async function deleteNode(number: NodeNumber): Promise<void> {
  const node = nodeAddresses(number);
  await Promise.all([signalAll(node.pod.name, 'SIGKILL'), signalAll(node.name, 'SIGKILL')]);
  // The kernel takes a namespace apart in its own time; the names of these ports are needed again at once.
  await ip([`link delete ${lanPort(number)}`], lanNamespace);
  await ip([`link delete ${managementPort(number)}`]);
  await deleteNamespace(node.pod.name);
  await deleteNamespace(node.name);
}
