// Everything the controller reads.
import { bgpAdvertisements, bgpAdvertisementSpec, type BGPAdvertisementSpec } from '#shared/api/bgp-advertisement.ts';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements, l2AdvertisementSpec, type L2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import { serviceBGPStatuses } from '#shared/api/service-bgp-status.ts';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { parseConfigObject, type ConfigObject } from '#shared/config/object.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Selection } from '#shared/kube/kube-api.ts';
import { parseNamespace, type NamespaceView } from '#shared/kube/objects/namespace.ts';
import { parseNode, type NodeView } from '#shared/kube/objects/node.ts';
import { parseService, type ServiceView } from '#shared/kube/objects/service.ts';
import type { Parsed } from '#shared/kube/objects/view.ts';
import { namespaces, nodes, services } from '#shared/kube/resources.ts';
import { Watcher, type WatcherListener } from '#shared/kube/watcher.ts';
import { parsePoolView, type PoolView } from './pool-view.ts';
import { parseServiceBGPStatus, parseServiceL2Status, type ServiceStatusView } from './announcement-view.ts';

export interface Watchers {
  readonly services: Watcher<ServiceView>;
  readonly namespaces: Watcher<NamespaceView>;
  readonly nodes: Watcher<NodeView>;
  readonly pools: Watcher<PoolView>;
  readonly l2Advertisements: Watcher<ConfigObject<L2AdvertisementSpec>>;
  readonly bgpAdvertisements: Watcher<ConfigObject<BGPAdvertisementSpec>>;
  readonly l2Statuses: Watcher<ServiceStatusView>;
  readonly bgpStatuses: Watcher<ServiceStatusView>;
}

export interface WatchersListener {
  readonly services: WatcherListener<ServiceView>;
  readonly namespaces: WatcherListener<NamespaceView>;
  readonly pools: WatcherListener<PoolView>;
  /** What no plan is made from. */
  readonly others: WatcherListener<unknown>;
}

export function createWatchers(
  namespace: string,
  dependencies: KubeDependencies,
  listener: WatchersListener,
): Watchers {
  const watch = <View>(
    selection: Selection,
    parse: (object: unknown) => Parsed<View>,
    listen: WatcherListener<NoInfer<View>> = listener.others,
  ): Watcher<View> => new Watcher({ selection, parse }, dependencies, listen);
  const parseL2 = parseConfigObject(l2AdvertisementSpec);
  const parseBGP = parseConfigObject(bgpAdvertisementSpec);
  return {
    services: watch({ resource: services, fieldSelector: 'spec.type=LoadBalancer' }, parseService, listener.services),
    namespaces: watch({ resource: namespaces, metadataOnly: true }, parseNamespace, listener.namespaces),
    nodes: watch({ resource: nodes }, parseNode),
    pools: watch({ resource: ipAddressPools, namespace }, parsePoolView, listener.pools),
    l2Advertisements: watch({ resource: l2Advertisements, namespace }, parseL2),
    bgpAdvertisements: watch({ resource: bgpAdvertisements, namespace }, parseBGP),
    l2Statuses: watch({ resource: serviceL2Statuses, namespace }, parseServiceL2Status),
    bgpStatuses: watch({ resource: serviceBGPStatuses, namespace }, parseServiceBGPStatus),
  };
}
