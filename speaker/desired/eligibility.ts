// Which nodes may announce an address of a Service. Every rule looks at the API only, so all nodes come to the same result.
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { SpeakerNode } from './inputs.ts';
import type { UsableNodes } from './service-endpoints.ts';

export const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';
const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

/** Why a node may not announce, in the order in which the rules are asked. */
export type Exclusion =
  | 'noSpeaker'
  | 'excludeLabel'
  | 'networkUnavailable'
  | 'outOfService'
  | `drain signal ${string}`
  | 'noAdvertisement'
  | 'noLocalEndpoint';

/** Names of interfaces, or any with an on-link prefix that holds the address. */
export type Interfaces = readonly string[] | 'any';

/** A node that may announce, whatever the endpoints. */
export interface EligibleNode {
  readonly node: string;
  /** Sum of the weights of matching preferredNodeSelectors. */
  readonly preference: number;
  readonly interfaces: Interfaces;
}

export interface NodeRules {
  readonly speakerNodes: ReadonlySet<string>;
  readonly ignoreExcludeLabel: boolean;
}

/** The rules that do not depend on a Service. A node that is not Ready may announce: its data path can work while its kubelet is cut off. */
export function nodeExclusion(node: SpeakerNode, rules: NodeRules): Exclusion | undefined {
  if (!rules.speakerNodes.has(node.name)) return 'noSpeaker';
  if (excludeLabel in node.labels && !rules.ignoreExcludeLabel) return 'excludeLabel';
  if (node.networkUnavailable) return 'networkUnavailable';
  if (node.taints.includes(outOfServiceTaint)) return 'outOfService';
  const [signal] = node.drainSignals;
  return signal === undefined ? undefined : `drain signal ${signal}`;
}

/**
 * The node as one that may announce a Service that these advertisements match, or why it may not. A node must be selected by one of them; its
 * interfaces are the union over those that do, and weights count over all.
 */
export function eligibleNode(
  node: SpeakerNode,
  advertisements: readonly L2Advertisement[],
  rules: NodeRules,
): EligibleNode | Exclusion {
  const exclusion = nodeExclusion(node, rules);
  if (exclusion !== undefined) return exclusion;
  const selecting = advertisements.filter((advertisement) => advertisement.selectsNode(node.labels));
  if (selecting.length === 0) return 'noAdvertisement';
  return {
    node: node.name,
    preference: preferenceOf(node, advertisements),
    interfaces: unitedInterfaces(selecting.map(({ interfaces }) => (interfaces.length === 0 ? 'any' : interfaces))),
  };
}

/** Whether kube-proxy on this node would have an endpoint to forward to. Without any usable endpoint no node is better than another. */
export function reachesEndpoint(node: string, usable: UsableNodes): boolean {
  return typeof usable === 'string' || usable.has(node);
}

/** Sorted; any if one of them is any. */
export function unitedInterfaces(several: readonly Interfaces[]): Interfaces {
  const names = new Set<string>();
  for (const interfaces of several) {
    if (interfaces === 'any') return 'any';
    for (const name of interfaces) names.add(name);
  }
  return [...names].toSorted();
}

function preferenceOf(node: SpeakerNode, advertisements: readonly L2Advertisement[]): number {
  let sum = 0;
  for (const { preferredNodes } of advertisements) {
    for (const { weight, matches } of preferredNodes) if (matches(node.labels)) sum += weight;
  }
  return sum;
}
