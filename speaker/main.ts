// The speaker: builds the real parts, starts the wire thread, hands both to `Speaker`, and ends all in order when it is asked to.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createTransport } from '#shared/kube/transport.ts';
import { startHealthServer, startMetricsServer, type RunningServer } from '#shared/runtime/http-server.ts';
import type { Log } from '#shared/runtime/log.ts';
import { parseSpeakerOptions, UsageError, type SpeakerOptions } from '#shared/runtime/options.ts';
import { runProgram, type Running } from '#shared/runtime/program.ts';
import { createMetrics } from '#shared/runtime/prom-metrics.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import manifest from '../package.json' with { type: 'json' };
import { excludedInterfacesPath, followExcludedInterfaces } from './host/excluded-interfaces.ts';
import { endProcessNow } from './host/mutual-watch.ts';
import { httpKubeProxyProbe, httpServiceHealthProbe, kubeProxyHealthUrl } from './host/kube-proxy-probe.ts';
import { linuxNodeLock } from './host/linux-node-lock.ts';
import { linuxStateFile } from './host/linux-state-file.ts';
import { linuxTcp } from './host/linux-tcp.ts';
import { routerAdvertiserOnDemand } from './host/raw-icmp.ts';
import { opensslSegmentCrypto } from './host/segment-crypto.ts';
import { followSegmentKeys } from './host/segment-key-files.ts';
import { kernelAnswersForAll } from './host/strict-arp.ts';
import { wireEntry } from './host/wire-entry.ts';
import { startWireThread } from './host/wire-thread.ts';
import type { LeavingMode } from './segment/message/leaving.ts';
import { Speaker } from './speaker.ts';
import { readEarlierState } from './state/earlier-state.ts';
import { wireOptions } from './wire-options.ts';

const { version } = manifest;
/** Probes come from the node itself; the speaker listens on the host's network. */
const healthHost = '127.0.0.1';

/** RFC 4271 §8.2.1. */
const bgpPort = 179;

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

const stateFileName = 'snapshot.json';

async function start(options: SpeakerOptions, log: Log): Promise<Running> {
  const { nodeName, segmentKeyDir, kubeconfig } = options;
  const metrics = createMetrics({ version, commit: process.env['INGOT_COMMIT'] ?? 'unknown' });
  const api = await createTransport({ daemon: 'speaker', version, instance: nodeName, kubeconfig }, { log, metrics });
  const namespace = options.namespace ?? api.namespace;
  if (namespace === undefined) throw new UsageError('--namespace (METALLB_NAMESPACE) is required outside a cluster');
  const stateFile = linuxStateFile(join(options.stateDir, stateFileName));
  const earlier = readEarlierState(stateFile, { node: nodeName, wallMs: systemClock.wallMs() }, { sha256, log });
  const wire = startWireThread({ entry: wireEntry(), options: wireOptions(options, earlier, sha256) }, { log });
  const servers: RunningServer[] = [];
  const stopServers = (): Promise<unknown> => Promise.all(servers.splice(0).map((server) => server.stop()));
  const speaker = new Speaker(
    {
      ...options,
      namespace,
      segmentKeyDirectory: segmentKeyDir,
      bgpPort,
      softwareVersion: `Ingot/${version}`,
      earlier,
    },
    {
      api,
      clock: systemClock,
      random: systemRandom,
      log,
      metrics,
      channel: wire.channel,
      sha256,
      kubeProxy: httpKubeProxyProbe(kubeProxyHealthUrl),
      serviceHealth: httpServiceHealthProbe(),
      stateFile,
      tcp: linuxTcp,
      nodeLock: linuxNodeLock,
      routerAdvertiser: routerAdvertiserOnDemand(log),
      kernelAnswersForAll,
      // The newer process waits for the ports.
      retired: () => void stopServers(),
    },
  );
  const followed = [
    followExcludedInterfaces(excludedInterfacesPath, log, (patterns) => speaker.excludeInterfaces(patterns)),
    followSegmentKeys(segmentKeyDir, { crypto: opensslSegmentCrypto, log }, (keys) => speaker.useSegmentKeys(keys)),
  ];
  servers.push(
    startHealthServer({ port: options.healthProbePort, host: healthHost }, { log, notReady: () => speaker.notReady() }),
    startMetricsServer({ port: options.port }, { log, metrics, refresh: () => speaker.refresh() }),
  );
  speaker.start();
  log.info({ version, namespace }, 'speaker started');
  return {
    async stop() {
      const mode = await new Promise<LeavingMode>((stopped) => speaker.stop(stopped));
      for (const files of followed) files.stop();
      await wire.stop(mode);
      await Promise.all([api.stop(), stopServers()]);
    },
    hurry: () => speaker.hurry(),
  };
}

runProgram({
  parse: parseSpeakerOptions,
  identity: ({ nodeName }) => ({ daemon: 'speaker', node: nodeName }),
  start,
  endNow: endProcessNow,
});
