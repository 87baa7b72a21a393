// The LAN cable of a node: pulled, the node's interface loses its carrier and keeps its addresses.
import type { NodeNumber } from '../network/addresses.ts';
import { lanNamespace } from '../network/lan.ts';
import { ip } from '../network/namespace.ts';
import { lanPort } from '../network/node.ts';

export async function pullCable(node: NodeNumber): Promise<void> {
  await ip([`link set ${lanPort(node)} down`], lanNamespace);
}

export async function plugCable(node: NodeNumber): Promise<void> {
  await ip([`link set ${lanPort(node)} up`], lanNamespace);
}
