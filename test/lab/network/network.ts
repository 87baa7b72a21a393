// The whole network of a lab: LAN, management network, nodes with a pod each, client, router, outside.
import type { NodeNumber } from './addresses.ts';
import { createClient } from './client.ts';
import { createNetworks, deleteManagementNetwork } from './lan.ts';
import { deleteNamespace, namespaceNames, signalAll } from './namespace.ts';
import { createNode } from './node.ts';
import { createOutside, createRouter } from './router.ts';

export async function createNetwork(nodes: readonly NodeNumber[]): Promise<void> {
  await createNetworks();
  await createRouter();
  await Promise.all([createClient(), createOutside(), ...nodes.map((node) => createNode(node, nodes))]);
}

/** Ends every process of the lab's namespaces and removes them. */
export async function deleteNetwork(): Promise<void> {
  const names = await namespaceNames();
  await Promise.all(names.map((name) => signalAll(name, 'SIGKILL')));
  for (const name of names) await deleteNamespace(name);
  await deleteManagementNetwork();
}
