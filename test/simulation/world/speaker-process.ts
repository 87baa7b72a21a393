// The speaker as a process of the simulation: both of its threads with the shipped modules, on a simulated clock, chance, apiserver and kernel.
import { createHash } from 'node:crypto';
import type { HostNetwork } from '#speaker/l2/host-network.ts';
import type { PacketSockets } from '#speaker/l2/packet-socket.ts';
import type { FromWire, ToWire } from '#speaker/seam.ts';
import { Speaker } from '#speaker/speaker.ts';
import { Wire } from '#speaker/wire.ts';
import { uniform } from '#shared/runtime/random.ts';
import { channelPair } from '../channel.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { ProgramDependencies } from './controller-process.ts';
import { ownNamespace } from './manifests.ts';
import type { Process } from './process.ts';
import { quietMetrics } from './quiet-metrics.ts';
import { traceLog } from './trace-log.ts';

export interface SpeakerProcessDependencies extends ProgramDependencies {
  readonly scheduler: Scheduler;
  readonly packetSockets: PacketSockets;
  readonly hostNetwork: HostNetwork;
}

const startCostUs = 2_000;
const shortestPassageUs = 50;
const longestPassageUs = 5_000;

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Answers with how it is asked to end: the cluster thread first, then the wire thread, then the process. */
export function runSpeaker(process: Process, dependencies: SpeakerProcessDependencies): () => void {
  const { api, random, trace, scheduler, packetSockets, hostNetwork } = dependencies;
  const [cluster, wire] = [process.thread('cluster'), process.thread('wire')];
  const passageUs = (): number => uniform(random, shortestPassageUs, longestPassageUs);
  const [toWire, toCluster] = channelPair<ToWire, FromWire>(scheduler, passageUs, [cluster, wire]);
  let speaker: Speaker | undefined;
  cluster.receive(() => {
    speaker = new Speaker(
      {
        namespace: ownNamespace,
        nodeName: process.node,
        podName: `speaker-${process.node}`,
        lbClass: undefined,
        ignoreExcludeLb: false,
      },
      {
        api,
        clock: cluster.clock,
        random: cluster.random(random),
        log: traceLog(trace, cluster.name),
        metrics: quietMetrics,
        channel: toWire,
        sha256,
      },
    );
    speaker.excludeInterfaces(['^lo$']);
    process.explain = () => speaker?.explain() ?? [];
    speaker.start();
  }, startCostUs);
  wire.receive(
    () =>
      new Wire({
        clock: wire.clock,
        channel: toCluster,
        packetSockets,
        hostNetwork,
        stopped: () => process.end(),
      }).start(),
    startCostUs,
  );
  return () => cluster.receive(() => speaker?.stop(() => toWire.post({ kind: 'stop' })), 0);
}
