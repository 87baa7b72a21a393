// A node with an unnumbered peer, until it is killed: unnumbered-node-main.ts PLAN
// It tells each tenth of a second, in a line of JSON, how its session is.
import { UnnumberedNode, type UnnumberedPlan } from '../unnumbered-node.ts';

const everyMs = 100;

export interface UnnumberedReport {
  readonly state: string | undefined;
  /** By family and `announced` or `withdrawn`. */
  readonly received: Readonly<Record<string, number>>;
}

const [plan = '{}'] = process.argv.slice(2);
const node = new UnnumberedNode(JSON.parse(plan) as UnnumberedPlan);
setInterval(() => {
  const { status } = node;
  const received = Object.fromEntries(status?.counters.receivedPrefixes ?? []);
  process.stdout.write(`${JSON.stringify({ state: status?.state, received } satisfies UnnumberedReport)}\n`);
}, everyMs);
