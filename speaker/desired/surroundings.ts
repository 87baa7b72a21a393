// What the wire thread is to know beside the addresses: the nodes of the cluster, where the pools are announced, what this node can do now.
import type { Range } from '#shared/net/range.ts';
import type { ClusterNode, OwnCondition } from '../segment/event.ts';
import type { Inputs, SpeakerNode } from './inputs.ts';

const outOfServiceTaint = 'node.kubernetes.io/out-of-service';

export interface Lans {
  /** Of the pools that some L2Advertisement selects. */
  readonly ranges: readonly Range[];
  /** Interfaces that some L2Advertisement names, sorted. */
  readonly namedInterfaces: readonly string[];
}

export function lansOf({ pools, advertisements }: Pick<Inputs, 'pools' | 'advertisements'>): Lans {
  const announced = pools.filter((pool) => advertisements.some(({ selectsPool }) => selectsPool(pool)));
  const named = new Set(advertisements.flatMap(({ interfaces }) => interfaces));
  return { ranges: announced.flatMap(({ ranges }) => ranges), namedInterfaces: [...named].toSorted() };
}

export function clusterNodes({ nodes, speakerNodes, nodeId }: Inputs): readonly ClusterNode[] {
  return nodes.map(({ name, addresses, ready, taints }) => ({
    id: nodeId(name),
    name,
    addresses,
    ready,
    speaker: speakerNodes.has(name),
    outOfService: taints.includes(outOfServiceTaint),
  }));
}

/** What this node knows of itself and others do not. */
export interface OwnSituation {
  /** Undefined: its Node is not known. */
  readonly node: SpeakerNode | undefined;
  /** kube-proxy is gone for so long that nothing new should come here. */
  readonly noClaim: boolean;
  /** What comes here is not forwarded. */
  readonly cannotForward: boolean;
  /** kube-proxy says that this Node is about to be deleted, and that counts. */
  readonly ineligible: boolean;
  /** The cluster is known from an earlier process only. */
  readonly stale: boolean;
  /** Asked to end. */
  readonly leaving: boolean;
}

/** It gives its addresses away because of these; names of drain signals. */
export function activeDrainSignals({ node, ineligible }: Pick<OwnSituation, 'node' | 'ineligible'>): readonly string[] {
  return [...(node?.drainSignals ?? []), ...(ineligible ? ['proxy-ineligible'] : [])];
}

export function ownCondition(situation: OwnSituation): OwnCondition {
  const { node, noClaim, cannotForward, stale, leaving } = situation;
  const draining = activeDrainSignals(situation).length > 0;
  return {
    flags: { draining, noClaim, leaving, stale },
    cannotForward: cannotForward || node?.networkUnavailable === true,
    ending: leaving && draining,
  };
}
