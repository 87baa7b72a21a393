// The option --drain-signals (spec/layer2.md §9): what of a Node says that it is about to go and is to give its addresses away.

const fixedSignals = [
  /** Label node.kubernetes.io/exclude-from-external-load-balancers. */
  'exclude-label',
  /** Taint node.kubernetes.io/out-of-service. */
  'out-of-service',
  /** Taint ToBeDeletedByClusterAutoscaler. */
  'autoscaler-taint',
  /** A condition of KEP-5683 is True. */
  'lifecycle-conditions',
  'unschedulable',
  /** kube-proxy answers 503 because its Node is about to be deleted (KEP-3836). */
  'proxy-ineligible',
] as const;

export type DrainSignal = (typeof fixedSignals)[number] | `taint:${string}` | `condition:${string}`;

export const defaultDrainSignals: readonly DrainSignal[] = [
  'exclude-label',
  'out-of-service',
  'autoscaler-taint',
  'lifecycle-conditions',
];

/** A qualified name of Kubernetes: `name` or `domain/name`. */
const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** A list with commas; empty: nothing is a signal. */
export function parseDrainSignals(
  text: string,
): { readonly signals: readonly DrainSignal[] } | { readonly problem: string } {
  const signals = new Set<DrainSignal>();
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const signal = parseSignal(entry);
    if (signal === undefined) return { problem: `"${entry}" is none of ${known}` };
    signals.add(signal);
  }
  return { signals: [...signals] };
}

const known = [...fixedSignals, 'taint:<key>', 'condition:<type>'].join(', ');

function parseSignal(entry: string): DrainSignal | undefined {
  const fixed = fixedSignals.find((signal) => signal === entry);
  if (fixed !== undefined) return fixed;
  for (const prefix of ['taint:', 'condition:'] as const) {
    const name = entry.slice(prefix.length);
    if (entry.startsWith(prefix) && qualifiedName.test(name)) return `${prefix}${name}`;
  }
  return undefined;
}
