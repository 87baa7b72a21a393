// How long functions took in real time, by the profiler of V8: what is measured knows nothing of it.
import { Session, type Profiler } from 'node:inspector';

export interface Sampled {
  readonly calls: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

const intervalUs = 500;

/** `functions`: of those names in those files, as `plan controller/plan.ts`. */
export function sampled(functions: readonly string[], work: () => void): ReadonlyMap<string, Sampled> {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: intervalUs });
  session.post('Profiler.start');
  work();
  let profile: Profiler.Profile | undefined;
  session.post('Profiler.stop', (_error, answer) => (profile = answer.profile));
  session.disconnect();
  return profile === undefined ? new Map() : timesIn(profile, functions);
}

function timesIn({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, functions: readonly string[]) {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<string, Sampled>();
  for (const name of functions) {
    const [wanted = '', file = ''] = name.split(' ');
    const isIn = new Map<number, boolean>();
    const within = (id: number | undefined): boolean => {
      if (id === undefined) return false;
      const known = isIn.get(id);
      if (known !== undefined) return known;
      const frame = byId.get(id)?.callFrame;
      const found = (frame?.functionName === wanted && frame.url.endsWith(file)) || within(parents.get(id));
      isIn.set(id, found);
      return found;
    };
    times.set(name, runsIn(samples.map(within), timeDeltas));
  }
  return times;
}

/** Samples in a row are one call. */
function runsIn(isIn: readonly boolean[], deltasUs: readonly number[]): Sampled {
  const calls: number[] = [];
  for (const [index, inside] of isIn.entries()) {
    if (!inside) continue;
    if (isIn[index - 1] !== true) calls.push(0);
    calls.push((calls.pop() ?? 0) + (deltasUs[index] ?? 0) / 1000);
  }
  return { calls: calls.length, totalMs: calls.reduce((sum, ms) => sum + ms, 0), longestMs: Math.max(0, ...calls) };
}
