// Plays one case from start to end, or to its first violation.
import { Stage, type StageOptions } from './stage.ts';
import type { SimulationCase } from './simulation-case.ts';

export function playCase(played: SimulationCase, options: Partial<StageOptions> = {}): Stage {
  const { seed, topology, schedule, forMs } = played;
  const stage = new Stage({ name: 'soak', seed, topology, ...options });
  stage.play(() => {
    stage.plan(schedule);
    stage.run(forMs);
  });
  return stage;
}
