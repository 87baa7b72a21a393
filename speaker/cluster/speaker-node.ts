// A Node as the speaker sees it: with the drain signals that it shows, of those that are configured (spec/layer2.md §9).
import { child, items, text, type Fields } from '#shared/kube/objects/fields.ts';
import { parseNode, type NodeView } from '#shared/kube/objects/node.ts';
import { conditionStatus, parseView, type Parsed } from '#shared/kube/objects/view.ts';
import type { DrainSignal } from '#shared/runtime/drain-signals.ts';
import { excludeLabel } from '../desired/eligibility.ts';
import type { SpeakerNode } from '../desired/inputs.ts';

export interface NodeRules {
  readonly drainSignals: readonly DrainSignal[];
  readonly ignoreExcludeLb: boolean;
}

/** KEP-5683. */
const lifecycleConditions = ['DrainInProgress', 'MaintenanceInProgress', 'GracefulNodeShutdownInProgress'];

export function speakerNodeParser(rules: NodeRules): (object: unknown) => Parsed<SpeakerNode> {
  return (object) => {
    const parsed = parseNode(object);
    if ('problem' in parsed) return parsed;
    const { view } = parsed;
    return parseView(object, (_meta, _metadata, whole) => ({
      ...view,
      drainSignals: rules.drainSignals.filter((signal) => shows(signal, { view, whole, ...rules })),
    }));
  };
}

interface Shown {
  readonly view: NodeView;
  readonly whole: Fields;
  readonly ignoreExcludeLb: boolean;
}

function shows(signal: DrainSignal, { view, whole, ignoreExcludeLb }: Shown): boolean {
  switch (signal) {
    case 'exclude-label':
      return excludeLabel in view.labels && !ignoreExcludeLb;
    case 'out-of-service':
      return hasTaint(whole, 'node.kubernetes.io/out-of-service');
    case 'autoscaler-taint':
      return hasTaint(whole, 'ToBeDeletedByClusterAutoscaler');
    case 'lifecycle-conditions':
      return lifecycleConditions.some((type) => conditionStatus(whole, type) === 'True');
    case 'unschedulable':
      return view.unschedulable;
    case 'proxy-ineligible':
      // Only kube-proxy of the node itself says so.
      return false;
    default:
      return signal.startsWith('taint:')
        ? hasTaint(whole, signal.slice('taint:'.length))
        : conditionStatus(whole, signal.slice('condition:'.length)) === 'True';
  }
}

function hasTaint(whole: Fields, key: string): boolean {
  return items(child(whole, 'spec'), 'taints').some((taint) => text(taint, 'key') === key);
}
