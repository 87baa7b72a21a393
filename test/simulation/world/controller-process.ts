// The controller as a process of the simulation: the shipped module, with a simulated clock, chance and apiserver.
import { Controller } from '#controller/controller.ts';
import type { KubeApi } from '#shared/kube/kube-api.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { Trace } from '../trace.ts';
import { ownNamespace } from './manifests.ts';
import type { Process } from './process.ts';
import { quietMetrics } from './quiet-metrics.ts';
import { traceLog } from './trace-log.ts';

/** What a program runs on beside its process. */
export interface ProgramDependencies {
  readonly api: KubeApi;
  readonly random: Random;
  readonly trace: Trace;
}

/** Answers with how it is asked to end: the process ends when it has. */
export function runController(
  process: Process,
  podName: string,
  { api, random, trace }: ProgramDependencies,
): () => void {
  const thread = process.thread('cluster');
  let controller: Controller | undefined;
  thread.receive(() => {
    controller = new Controller(
      { namespace: ownNamespace, podName, lbClass: undefined },
      {
        api,
        clock: thread.clock,
        random: thread.random(random),
        log: traceLog(trace, process.name),
        metrics: quietMetrics,
      },
    );
    process.explain = () => controller?.explain() ?? [];
    controller.start();
  }, startCostUs);
  return () => thread.receive(() => controller?.stop(() => process.end()), 0);
}

/** Of building and wiring its parts. */
const startCostUs = 2_000;
