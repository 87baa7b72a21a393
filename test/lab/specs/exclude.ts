// Takes a node out of load balancing by its label, for one test: the quickest way to make its addresses move.
import { onTestFinished } from 'vitest';
import type { ClusterNode } from '../cluster-node.ts';
import type { Lab } from '../lab.ts';

const label = 'node.kubernetes.io/exclude-from-external-load-balancers';

export async function excludeUntilTestEnds({ admin }: Lab, { name }: ClusterNode): Promise<void> {
  const setLabel = async (value: string | null): Promise<void> => {
    await admin.patch(`/api/v1/nodes/${name}`, { metadata: { labels: { [label]: value } } });
  };
  onTestFinished(() => setLabel(null));
  await setLabel('');
}
