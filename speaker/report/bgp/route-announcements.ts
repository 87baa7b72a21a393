// What people are told of announcements by BGP, and why an address is not announced from this node (pure).
import type { DesiredCondition } from '#shared/config/condition.ts';
import type { BgpView } from '../../bgp-view.ts';
import type { GatedAddress, RouteGate } from '../../desired/bgp/contributions.ts';
import { excludeLabel } from '../../desired/eligibility.ts';
import type { Announcements, Failing } from '../announcement-events.ts';
import type { ShownRoutes } from './shown-routes.ts';

/** Whatever the Service: told once for the whole node. */
type NodeGate = 'nodeNetworkUnavailable' | 'nodeExcluded' | 'nodeDraining';
type ServiceGate = Exclude<RouteGate, NodeGate>;

const nodeTexts: Readonly<Record<NodeGate, string>> = {
  nodeNetworkUnavailable: 'its condition NetworkUnavailable is True',
  nodeExcluded: `it has the label ${excludeLabel}: remove it, or run the speakers with --ignore-exclude-lb`,
  nodeDraining: 'it is being drained',
};

const serviceTexts: Readonly<Record<ServiceGate, { readonly why: string; readonly isQuiet: boolean }>> = {
  notInPool: { why: 'it lies in no IPAddressPool', isQuiet: true },
  addressIsNodeAddress: { why: 'it is an address of a node: take it out of the IPAddressPool', isQuiet: false },
  duplicateAddress: {
    why: 'it belongs to an older Service, and the two have no sharing key in common',
    isQuiet: false,
  },
  noEndpoints: { why: 'the Service has no usable endpoint', isQuiet: true },
  noLocalEndpoints: { why: 'no usable endpoint is there (externalTrafficPolicy is Local)', isQuiet: true },
  kubeProxyNotReady: {
    why: 'kube-proxy does not forward there: its health check or the healthCheckNodePort of the Service says so',
    isQuiet: false,
  },
};

/** `lasting`: of the gated addresses those that are to be told of. */
export function routeAnnouncements(
  { peersOfService, gated }: Pick<BgpView, 'peersOfService' | 'gated'>,
  shown: readonly ShownRoutes[],
  lasting: readonly GatedAddress[],
  node: string,
): Announcements {
  // With nowhere else to send the traffic, or for a reason of the node: that is told otherwise, and the Service will be back.
  const waiting = gated.filter(({ gate }) => gate !== 'noLocalEndpoints').map(({ service }) => service);
  const released = gated.filter(({ gate }) => gate === 'noLocalEndpoints');
  return {
    announcing: shown.map(({ service, ips, peers }) => ({ service, how: { ips, peers } })),
    spokenFor: [...peersOfService.keys(), ...waiting],
    failing: lasting.flatMap((one) => failing(one, node)),
    givenUp: new Map(released.map(({ service }) => [service.uid, serviceTexts.noLocalEndpoints.why])),
  };
}

function failing({ ip, service, gate }: GatedAddress, node: string): readonly Failing[] {
  if (isOfNode(gate)) return [];
  const { why, isQuiet } = serviceTexts[gate];
  const message = `${ip} is not announced by BGP from node "${node}": ${why}`;
  return [{ ip, service, reason: gate, message, isQuiet }];
}

/** Present only while it is true. */
export function routesWithheld({ gated }: Pick<BgpView, 'gated'>): readonly DesiredCondition[] {
  const gate = gated.map((one) => one.gate).find(isOfNode);
  if (gate === undefined) return [];
  const message = `nothing is announced by BGP from this node: ${nodeTexts[gate]}`;
  return [
    { type: 'RoutesWithheld', status: 'True', reason: `${gate.slice(0, 1).toUpperCase()}${gate.slice(1)}`, message },
  ];
}

function isOfNode(gate: RouteGate): gate is NodeGate {
  return gate in nodeTexts;
}
