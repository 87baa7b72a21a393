// Says to a person why no node may announce an address: how many nodes fall to which rule, and what can be done.
import { decidingHolders } from './announced-holder.ts';
import type { Announcement } from './announcements.ts';
import { eligibleNode, excludeLabel, reachesEndpoint, type Exclusion } from './eligibility.ts';
import type { Inputs } from './inputs.ts';

const texts: Readonly<Partial<Record<Exclusion, string>>> = {
  noSpeaker: 'no speaker runs there',
  excludeLabel: `label ${excludeLabel} (remove it, or run the speakers with --ignore-exclude-lb)`,
  networkUnavailable: 'condition NetworkUnavailable',
  outOfService: 'taint node.kubernetes.io/out-of-service',
  noAdvertisement: 'selected by no L2Advertisement that matches the Service',
  noLocalEndpoint: 'no usable endpoint there (externalTrafficPolicy is Local)',
};

export function explainNoEligibleNode({ ip, holders }: Announcement, inputs: Inputs): string {
  const deciding = decidingHolders(holders);
  const unmatched = deciding.find(({ advertisements }) => advertisements.length === 0);
  if (unmatched !== undefined) {
    return `${ip} is shared with Service "${unmatched.service.key}", which no L2Advertisement matches`;
  }
  const counts = new Map<Exclusion, number>();
  for (const node of inputs.nodes) {
    const exclusions = deciding.flatMap(({ advertisements, usable }): Exclusion[] => {
      const eligible = eligibleNode(node, advertisements, inputs);
      if (typeof eligible === 'string') return [eligible];
      return reachesEndpoint(node.name, usable) ? [] : ['noLocalEndpoint'];
    });
    const [first] = exclusions;
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const reasons = [...counts].map(
    ([exclusion, count]) => `${count} of ${inputs.nodes.length} nodes: ${texts[exclusion] ?? exclusion}`,
  );
  return `no node may announce ${ip}: ${reasons.length === 0 ? 'there is no node' : reasons.join('; ')}`;
}
