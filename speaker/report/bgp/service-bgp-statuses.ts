// ServiceBGPStatus: one for each Service that this node announces and some peer has been told of.
import { serviceBGPStatuses, type ServiceBGPStatusStatus } from '#shared/api/service-bgp-status.ts';
import type { NodeId } from '../../segment/node-id.ts';
import type { ServiceStatusKind } from '../service-statuses.ts';
import type { ShownRoutes } from './shown-routes.ts';

const mostPeers = 256;

/** Every node that announces a Service has an object of its own about it. */
export function serviceBGPStatusKind(node: NodeId): ServiceStatusKind<ShownRoutes> {
  return {
    resource: serviceBGPStatuses,
    nameOf: (digits) => `bgp-${digits}-${node}`,
    statusesOf: ({ service, peers }) => [{ service, part: undefined, fields: fieldsOf(peers) }],
  };
}

function fieldsOf(peers: readonly string[]): Pick<ServiceBGPStatusStatus, 'peers'> {
  return { peers: peers.slice(0, mostPeers) };
}
