// Node, narrowed: addresses, labels, and what makes it eligible to announce. Heartbeats and images are dropped.
import { parseIp, type Ip } from '../../net/ip.ts';
import { child, flag, items, requiredText, text, textMap, type Fields } from './fields.ts';
import { conditionStatus, parseView, type Meta, type Parsed, type StringMap } from './view.ts';

export interface NodeView extends Meta {
  readonly labels: StringMap;
  /** InternalIPs first, then the other addresses that parse. */
  readonly addresses: readonly Ip[];
  readonly unschedulable: boolean;
  /** Condition Ready is True. */
  readonly ready: boolean;
  /** Condition NetworkUnavailable is True. */
  readonly networkUnavailable: boolean;
  /** Keys of the two taints that matter: node.kubernetes.io/out-of-service, ToBeDeletedByClusterAutoscaler. */
  readonly taints: readonly string[];
}

const taintsThatMatter: ReadonlySet<string> = new Set([
  'node.kubernetes.io/out-of-service',
  'ToBeDeletedByClusterAutoscaler',
]);

export function parseNode(object: unknown): Parsed<NodeView> {
  return parseView(object, (meta, metadata, whole) => {
    const spec = child(whole, 'spec');
    return {
      ...meta,
      labels: textMap(metadata, 'labels'),
      addresses: readAddresses(child(whole, 'status')),
      unschedulable: flag(spec, 'unschedulable') ?? false,
      ready: conditionStatus(whole, 'Ready') === 'True',
      networkUnavailable: conditionStatus(whole, 'NetworkUnavailable') === 'True',
      taints: items(spec, 'taints')
        .map((taint) => requiredText(taint, 'key'))
        .filter((key) => taintsThatMatter.has(key)),
    };
  });
}

/** Host names among the addresses do not parse and are left out. */
function readAddresses(status: Fields): readonly Ip[] {
  const addresses = items(status, 'addresses').flatMap((address) => {
    const ip = parseIp(text(address, 'address') ?? '');
    return ip === undefined ? [] : [{ ip, internal: text(address, 'type') === 'InternalIP' }];
  });
  const internalFirst = [
    ...addresses.filter(({ internal }) => internal),
    ...addresses.filter(({ internal }) => !internal),
  ];
  return [...new Set(internalFirst.map(({ ip }) => ip))];
}
