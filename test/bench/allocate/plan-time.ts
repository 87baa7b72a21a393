// The time of one plan that gives every Service its address, in this process.
import { plan } from '#controller/plan.ts';
import { parsePool } from '#shared/config/pool.ts';
import { objectKey } from '#shared/kube/objects/view.ts';
import { parseService } from '#shared/kube/objects/service.ts';
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';

const repeats = 5;
/** A controller plans again and again: what the compiler has not seen yet is no measure of it. */
const warmUps = 8;

/** The median over a few, each on views that nothing was derived from yet. */
export async function measurePlanMs({ admin }: ControlPlane, namespace: string): Promise<number> {
  const objects = await admin.list(`/api/v1/namespaces/${namespace}/services`);
  for (let count = 0; count < warmUps; count++) timePlan(objects);
  const times = Array.from({ length: repeats }, () => timePlan(objects));
  return times.toSorted((a, b) => a - b)[Math.floor(repeats / 2)] ?? Number.NaN;
}

function timePlan(objects: readonly object[]): number {
  const services = objects.flatMap((object) => {
    const parsed = parseService(object);
    return 'view' in parsed ? [{ service: parsed.view, current: [], fromPool: undefined }] : [];
  });
  const pools = [parsePool(poolObject).value];
  const snapshot = { services, pools, namespaces: new Map(), ownNamespace: 'metallb-system' };
  const startedMs = performance.now();
  plan(snapshot, new Map());
  return performance.now() - startedMs;
}

const meta = { namespace: 'metallb-system', name: 'bench', uid: 'bench', createdMs: 0, labels: {}, generation: 1 };
const poolObject = {
  ...meta,
  key: objectKey(meta.namespace, meta.name),
  spec: { addresses: ['10.100.0.0/16'], autoAssign: true, avoidBuggyIPs: false },
};
