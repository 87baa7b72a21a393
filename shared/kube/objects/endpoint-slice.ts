// EndpointSlice, narrowed to counts per node. Two tiers as in kube-proxy (KEP-1669, KEP-1672): `ready` nil is true, `serving` nil is `ready`.
import { child, flag, items, oneOf, text, type Fields } from './fields.ts';
import { intern } from './intern.ts';
import { objectKey, parseView, type Meta, type ObjectKey, type Parsed } from './view.ts';

export interface EndpointCounts {
  readonly ready: number;
  readonly servingTerminating: number;
}

export interface EndpointSliceView extends Meta {
  /** Of the label kubernetes.io/service-name; a slice without it belongs to no Service, and no Service has its key. */
  readonly service: ObjectKey;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  /** By nodeName; only nodes with a count above zero. */
  readonly byNode: ReadonlyMap<string, EndpointCounts>;
  readonly withoutNode: EndpointCounts;
}

const none: EndpointCounts = { ready: 0, servingTerminating: 0 };

export function parseEndpointSlice(object: unknown): Parsed<EndpointSliceView> {
  return parseView(object, (meta, metadata, whole) => {
    const counts = countByNode(items(whole, 'endpoints'));
    const withoutNode = counts.get('') ?? none;
    counts.delete('');
    return {
      ...meta,
      service: objectKey(meta.namespace, text(child(metadata, 'labels'), 'kubernetes.io/service-name') ?? ''),
      addressType: oneOf(whole, 'addressType', ['FQDN', 'IPv4', 'IPv6']),
      byNode: counts,
      withoutNode,
    };
  });
}

/** Under the empty name: those without nodeName. */
function countByNode(endpoints: readonly Fields[]): Map<string, EndpointCounts> {
  const counts = new Map<string, EndpointCounts>();
  for (const endpoint of endpoints) {
    const tier = tierOf(child(endpoint, 'conditions'));
    if (tier === undefined) continue;
    const node = intern(text(endpoint, 'nodeName') ?? '');
    const before = counts.get(node) ?? none;
    counts.set(node, { ...before, [tier]: before[tier] + 1 });
  }
  return counts;
}

function tierOf(conditions: Fields): keyof EndpointCounts | undefined {
  const ready = flag(conditions, 'ready') ?? true;
  if (ready) return 'ready';
  const serving = flag(conditions, 'serving') ?? ready;
  return serving && flag(conditions, 'terminating') === true ? 'servingTerminating' : undefined;
}
