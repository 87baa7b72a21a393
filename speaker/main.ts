// The speaker: builds the real parts, starts the wire thread, hands both to `Speaker`, and ends all in order when it is asked to.
import { createHash } from 'node:crypto';
import { createTransport } from '#shared/kube/transport.ts';
import { startHealthServer, startMetricsServer } from '#shared/runtime/http-server.ts';
import type { Log } from '#shared/runtime/log.ts';
import { parseSpeakerOptions, UsageError, type SpeakerOptions } from '#shared/runtime/options.ts';
import { runProgram } from '#shared/runtime/program.ts';
import { createMetrics } from '#shared/runtime/prom-metrics.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import manifest from '../package.json' with { type: 'json' };
import { excludedInterfacesPath, followExcludedInterfaces } from './host/excluded-interfaces.ts';
import { endProcessNow } from './host/mutual-watch.ts';
import { wireEntry } from './host/wire-entry.ts';
import { startWireThread } from './host/wire-thread.ts';
import { Speaker } from './speaker.ts';

const { version } = manifest;
/** Probes come from the node itself; the speaker listens on the host's network. */
const healthHost = '127.0.0.1';

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

async function start(options: SpeakerOptions, log: Log): Promise<() => Promise<void>> {
  const { nodeName, podName, lbClass, ignoreExcludeLb, kubeconfig } = options;
  const metrics = createMetrics({ version, commit: process.env['INGOT_COMMIT'] ?? 'unknown' });
  const api = await createTransport({ daemon: 'speaker', version, instance: nodeName, kubeconfig }, { log, metrics });
  const namespace = options.namespace ?? api.namespace;
  if (namespace === undefined) throw new UsageError('--namespace (METALLB_NAMESPACE) is required outside a cluster');
  const wire = startWireThread({ entry: wireEntry() }, { log });
  const speaker = new Speaker(
    { namespace, nodeName, podName, lbClass, ignoreExcludeLb },
    { api, clock: systemClock, random: systemRandom, log, metrics, channel: wire.channel, sha256 },
  );
  const excluded = followExcludedInterfaces(excludedInterfacesPath, log, (patterns) =>
    speaker.excludeInterfaces(patterns),
  );
  const servers = [
    startHealthServer({ port: options.healthProbePort, host: healthHost }, { log, notReady: () => speaker.notReady() }),
    startMetricsServer({ port: options.port }, { log, metrics, refresh: () => speaker.refresh() }),
  ];
  speaker.start();
  log.info({ version, namespace }, 'speaker started');
  return async () => {
    excluded.stop();
    await new Promise<void>((written) => speaker.stop(written));
    await wire.stop();
    await Promise.all([api.stop(), ...servers.map((server) => server.stop())]);
  };
}

runProgram({
  parse: parseSpeakerOptions,
  identity: ({ nodeName }) => ({ daemon: 'speaker', node: nodeName }),
  start,
  endNow: endProcessNow,
});
