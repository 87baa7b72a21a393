// Everything that is wrong as the controller sees it: the configuration, objects that cannot be read, kinds that cannot be had, writes that are
// refused.
import { clusterOverlaps, type ClusterAddresses } from '#shared/config/cluster-overlap.ts';
import type { Configuration } from '#shared/config/configuration.ts';
import type { Pool } from '#shared/config/pool.ts';
import type { Problem } from '#shared/config/problem.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import type { ObjectKey } from '#shared/kube/objects/view.ts';
import type { KubeError } from '#shared/kube/kube-api.ts';
import { describeError } from '#shared/kube/status.ts';
import type { Watcher } from '#shared/kube/watcher.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Watchers } from '../watchers.ts';

/** More than a status can show. */
const mostRefused = 1_000;

export class Problems {
  readonly #watchers: Watchers;
  readonly #refused = new Map<ObjectKey, Problem>();
  #overlaps: Overlaps | undefined;

  constructor(watchers: Watchers) {
    this.#watchers = watchers;
  }

  /** Undefined: the apiserver takes it, or it is no longer to be written. False when that was known. */
  refused({ key, namespace, name, uid }: ServiceView, error: KubeError | undefined): boolean {
    if (error === undefined) return this.#refused.delete(key);
    if (this.#refused.size >= mostRefused) return false;
    const object = { kind: 'Service', namespace, name, uid };
    const message = `the apiserver refuses to store it: ${describeError(error)}`;
    const isNew = this.#refused.get(key)?.message !== message;
    this.#refused.set(key, { object, field: 'status', message, severity: 'error', reason: 'WriteRefused' });
    return isNew;
  }

  /** Errors first. */
  all(configuration: Configuration, serviceCIDRs: readonly string[]): readonly Problem[] {
    const problems = [
      ...configuration.problems,
      ...this.#overlapsWithCluster(configuration, serviceCIDRs),
      ...this.#problemsOfWatchers(),
      ...this.#refused.values(),
    ];
    return problems.toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
  }

  /** Objects that cannot be read, and kinds that cannot be had. */
  #problemsOfWatchers(): readonly Problem[] {
    const kinds = Object.entries(kindNames) as [keyof Watchers, string][];
    return kinds.flatMap(([name, kind]) => watcherProblems(kind, this.#watchers[name]));
  }

  /** Sorting the addresses of thousands of nodes takes long, and they hardly ever change. */
  #overlapsWithCluster({ pools }: Configuration, serviceCIDRs: readonly string[]): readonly Problem[] {
    const nodes = [...this.#watchers.nodes.objects.values()].map(({ name, addresses }) => ({ name, addresses }));
    const cluster = { nodes, serviceCIDRs };
    const known = this.#overlaps;
    if (known !== undefined && known.pools === pools && deepEqual(known.cluster, cluster)) return known.problems;
    const problems = clusterOverlaps(pools, cluster);
    this.#overlaps = { pools, cluster, problems };
    return problems;
  }
}

interface Overlaps {
  readonly pools: readonly Pool[];
  readonly cluster: ClusterAddresses;
  readonly problems: readonly Problem[];
}

const kindNames: Readonly<Record<keyof Watchers, string>> = {
  services: 'Service',
  namespaces: 'Namespace',
  nodes: 'Node',
  pools: 'IPAddressPool',
  l2Advertisements: 'L2Advertisement',
  bgpAdvertisements: 'BGPAdvertisement',
  l2Statuses: 'ServiceL2Status',
  bgpStatuses: 'ServiceBGPStatus',
};

function watcherProblems(kind: string, { problems, blocked }: Watcher<unknown>): readonly Problem[] {
  const unreadable = [...problems].map(([key, message]) => problemWith(kind, key, 'object', 'Unreadable', message));
  return blocked === undefined ? unreadable : [...unreadable, problemWith(kind, '*', 'watch', 'Blocked', blocked)];
}

function problemWith(kind: string, name: string, field: string, reason: string, message: string): Problem {
  return { object: { kind, namespace: '', name, uid: '' }, field, message, severity: 'error', reason };
}
