// Everything the decision who may announce what is made of: one snapshot. Two nodes with the same snapshot decide the same.
import type { L2Advertisement } from '#shared/config/l2-advertisement.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { NodeView } from '#shared/kube/objects/node.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { NodeId } from '../segment/node-id.ts';
import type { ServiceEndpoints } from './service-endpoints.ts';

export interface SpeakerNode extends NodeView {
  /** Those of the configured drain signals that the Node shows: it is about to go, and gives its addresses away. */
  readonly drainSignals: readonly string[];
}

export interface Inputs {
  /** Those of our class. */
  readonly services: readonly ServiceView[];
  readonly endpoints: ServiceEndpoints;
  readonly nodes: readonly SpeakerNode[];
  /** Names of the nodes that a speaker Pod is scheduled on. */
  readonly speakerNodes: ReadonlySet<string>;
  readonly pools: readonly Pool[];
  readonly advertisements: readonly L2Advertisement[];
  /** Announce from nodes labelled node.kubernetes.io/exclude-from-external-load-balancers all the same. */
  readonly ignoreExcludeLabel: boolean;
  /** By the name of a node: what it is called on the wire. */
  readonly nodeId: (name: string) => NodeId;
}

/** What only the machine this runs on knows. */
export interface ThisNode {
  readonly name: string;
  /** On any interface of this machine, lo and kube-ipvs0 aside. */
  readonly hostAddresses: ReadonlySet<Ip>;
  /** Next hops of its default routes. */
  readonly gateways: ReadonlySet<Ip>;
}
