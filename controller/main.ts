// The controller: builds the real parts, hands them to `Controller`, and ends all in order when it is asked to.
import { createTransport } from '#shared/kube/transport.ts';
import { startHealthServer, startMetricsServer } from '#shared/runtime/http-server.ts';
import type { Log } from '#shared/runtime/log.ts';
import { parseControllerOptions, UsageError, type CommonOptions } from '#shared/runtime/options.ts';
import { runProgram, type Running } from '#shared/runtime/program.ts';
import { createMetrics } from '#shared/runtime/prom-metrics.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import manifest from '../package.json' with { type: 'json' };
import { Controller } from './controller.ts';

const { version } = manifest;

async function start(options: CommonOptions, log: Log): Promise<Running> {
  const { podName, lbClass, kubeconfig } = options;
  const metrics = createMetrics({ version, commit: process.env['INGOT_COMMIT'] ?? 'unknown' });
  const api = await createTransport({ daemon: 'controller', version, instance: podName, kubeconfig }, { log, metrics });
  const namespace = options.namespace ?? api.namespace;
  if (namespace === undefined) throw new UsageError('--namespace (METALLB_NAMESPACE) is required outside a cluster');
  const controller = new Controller(
    { namespace, podName, lbClass },
    { api, clock: systemClock, random: systemRandom, log, metrics },
  );
  const servers = [
    startHealthServer({ port: options.healthProbePort }, { log, notReady: () => controller.notReady() }),
    startMetricsServer({ port: options.port }, { log, metrics, refresh: () => controller.refresh() }),
  ];
  controller.start();
  log.info({ version, namespace }, 'controller started');
  return {
    async stop() {
      await new Promise<void>((stopped) => controller.stop(stopped));
      await Promise.all([api.stop(), ...servers.map((server) => server.stop())]);
    },
  };
}

runProgram({
  parse: parseControllerOptions,
  identity: ({ podName }) => ({ daemon: 'controller', pod: podName }),
  start,
  endNow: () => process.exit(1),
});
