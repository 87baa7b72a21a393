// The two networks of the lab: the LAN, a bridge without address in a namespace of its own, and the management network, a bridge in the lab's root.
import { management } from './addresses.ts';
import { createNamespace, ip } from './namespace.ts';

export const lanNamespace = 'lan';
export const lanBridge = 'br0';
const managementBridge = 'mgmt';

export interface Port {
  /** Of the bridge's end, which tells whose it is. */
  readonly name: string;
  readonly namespace: string;
  readonly interface: string;
  readonly mac?: string;
}

export async function createNetworks(): Promise<void> {
  await createNamespace(lanNamespace, 'host');
  // Without querier and reports a bridge that snoops would drop neighbour discovery.
  await ip([`link add ${lanBridge} type bridge mcast_snooping 0`, `link set ${lanBridge} up`], lanNamespace);
  await ip([
    `link add ${managementBridge} type bridge`,
    `address add ${management.root}/${management.bits} dev ${managementBridge}`,
    `link set ${managementBridge} up`,
  ]);
}

export async function deleteManagementNetwork(): Promise<void> {
  await ip([`link delete ${managementBridge}`]);
}

/** Plugs a namespace into the LAN. */
export async function plugIntoLan(port: Port): Promise<void> {
  const mac = port.mac === undefined ? '' : ` address ${port.mac}`;
  await ip([
    `link add ${port.name} netns ${lanNamespace} type veth peer name ${port.interface} netns ${port.namespace}${mac}`,
  ]);
  await ip([`link set ${port.name} master ${lanBridge} up`], lanNamespace);
  await ip([`link set ${port.interface} up`], port.namespace);
}

/** Plugs a namespace into the management network. */
export async function plugIntoManagement(port: Port, address: string): Promise<void> {
  await ip([
    `link add ${port.name} type veth peer name ${port.interface} netns ${port.namespace}`,
    `link set ${port.name} master ${managementBridge} up`,
  ]);
  await ip(
    [`address add ${address}/${management.bits} dev ${port.interface}`, `link set ${port.interface} up`],
    port.namespace,
  );
}
