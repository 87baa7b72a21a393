// Faults of programs, made to happen.
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform } from '#shared/runtime/random.ts';
import type { World } from '../world/world.ts';
import type { ProcessFault } from './fault.ts';
import { repeating } from './repeating.ts';

/** Garbage collection holds a thread for so long, and on average each so often. */
const shortestPauseMs = 100;
const longestPauseMs = 500;
const meanGapMs = 30_000;
const gapTicks = 300;

export function beginProcessFault(fault: ProcessFault, world: World): Cancel {
  switch (fault.kind) {
    case 'crash':
      world.machine(fault.node).end(fault.program, 'kill', fault.backAfterMs);
      return () => {};
    case 'terminate':
      world.machine(fault.node).end(fault.program, 'ask', fault.backAfterMs);
      return () => {};
    case 'pause':
      return world.machine(fault.node).hold(fault.program, fault.thread);
    case 'slow':
      return world.machine(fault.node).slow(fault.program, fault.factor);
    case 'surge':
      world.machine(fault.node).replace(fault.program, fault.forMs);
      return () => {};
    case 'garbage collection':
      return collectGarbage(world);
    case 'roll': {
      const names = [...world.machines.values()].filter((machine) => machine.process(fault.program) !== undefined);
      return repeating(
        world.scheduler,
        () => fault.everyMs,
        () => names.shift()?.end(fault.program, 'ask', 0),
      );
    }
  }
}

/** Each tenth of a second a chance of one in three hundred, for every thread on its own. */
function collectGarbage(world: World): Cancel {
  const random = world.random('garbage collection');
  const collect = (): void => {
    for (const machine of world.machines.values()) {
      for (const { threads } of machine.processes) {
        for (const thread of threads) {
          if (uniform(random, 1, gapTicks) > 1) continue;
          const pauseMs = uniform(random, shortestPauseMs, longestPauseMs);
          world.trace.record(thread.name, 'pause', '', `${pauseMs} ms`);
          world.scheduler.after(pauseMs * 1000, thread.hold());
        }
      }
    }
  };
  return repeating(world.scheduler, () => meanGapMs / gapTicks, collect);
}
