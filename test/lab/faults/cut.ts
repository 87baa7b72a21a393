// A silent cut: the bridge neither takes frames from a node nor hands it any, and its carrier stays, so nobody is told.
import { run } from '../process/run.ts';
import type { NodeNumber } from '../network/addresses.ts';
import { lanNamespace } from '../network/lan.ts';
import { within } from '../network/namespace.ts';
import { lanPort, managementPort } from '../network/node.ts';

export type CuttableNetwork = 'lan' | 'management';

/** Port states of a bridge (IEEE 802.1D). */
const disabled = 0;
const forwarding = 3;

export function cut(network: CuttableNetwork, node: NodeNumber): Promise<void> {
  return setPortState(network, node, disabled);
}

export function heal(network: CuttableNetwork, node: NodeNumber): Promise<void> {
  return setPortState(network, node, forwarding);
}

async function setPortState(network: CuttableNetwork, node: NodeNumber, state: number): Promise<void> {
  const port = network === 'lan' ? lanPort(node) : managementPort(node);
  const command = ['bridge', 'link', 'set', 'dev', port, 'state', String(state)] as const;
  await run(network === 'lan' ? within(lanNamespace, command) : [...command]);
}
