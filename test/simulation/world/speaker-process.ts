// The speaker as a process of the simulation: both of its threads with the shipped modules, on a simulated clock, chance, apiserver and kernel.
import { createHash } from 'node:crypto';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { defaultDrainSignals } from '#shared/runtime/drain-signals.ts';
import type { NodeLock } from '#speaker/bgp/node-lock.ts';
import type { TcpStack } from '#speaker/bgp/tcp-stack.ts';
import type { KubeProxyProbe } from '#speaker/kube-proxy/health.ts';
import type { Channel, FromWire, ToWire, WireOptions } from '#speaker/seam.ts';
import { Speaker } from '#speaker/speaker.ts';
import { readEarlierState } from '#speaker/state/earlier-state.ts';
import type { StateFile } from '#speaker/state/state-file.ts';
import { Wire } from '#speaker/wire.ts';
import { wireOptions } from '#speaker/wire-options.ts';
import { channelPair } from '../channel.ts';
import { segmentPort } from '../lan/udp-packet.ts';
import { cheapCrypto } from '../node/cheap-crypto.ts';
import { noBfdSockets } from '../node/no-bfd-sockets.ts';
import type { ProcessNetwork } from '../node/process-network.ts';
import type { ExplainedStep } from '../observer.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { ProgramDependencies } from './controller-process.ts';
import { ownNamespace } from './manifests.ts';
import type { Process } from './process.ts';
import { quietMetrics } from './quiet-metrics.ts';
import { segmentKeys } from './segment-keys.ts';
import { traceLog } from './trace-log.ts';

export interface SpeakerProcessDependencies extends ProgramDependencies {
  readonly scheduler: Scheduler;
  /** Of the wire thread. */
  readonly wireRandom: Random;
  readonly network: ProcessNetwork;
  readonly stateFile: StateFile;
  readonly tcp: TcpStack;
  readonly nodeLock: NodeLock;
  readonly kubeProxy: KubeProxyProbe;
  readonly explained: (step: ExplainedStep) => void;
}

/** A speaker that runs, as its machine deals with it. */
export interface RunningSpeaker {
  /** As by SIGTERM: the cluster thread ends first, then the wire thread, then the process. */
  readonly askToEnd: () => void;
  /** The mounted Secret is another one now. */
  readonly changeSecret: (secret: string) => void;
}

const startCostUs = 2_000;
const shortestPassageUs = 50;
const longestPassageUs = 5_000;

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

export function runSpeaker(process: Process, secret: string, dependencies: SpeakerProcessDependencies): RunningSpeaker {
  const { api, random, trace, scheduler, stateFile, kubeProxy, tcp, nodeLock } = dependencies;
  const [cluster, wire] = [process.thread('cluster'), process.thread('wire')];
  const passageUs = (): number => uniform(random, shortestPassageUs, longestPassageUs);
  const [toWire, toCluster] = channelPair<ToWire, FromWire>(scheduler, passageUs, [cluster, wire]);
  const { node: nodeName } = process;
  const log = traceLog(trace, cluster.name);
  let speaker: Speaker | undefined;
  cluster.receive(() => {
    const { clock } = cluster;
    const earlier = readEarlierState(stateFile, { node: nodeName, wallMs: clock.wallMs() }, { sha256, log });
    const options = wireOptions({ nodeName, l2Profile: 'default', segmentPort }, earlier, sha256);
    wire.receive(() => startWire(process, options, toCluster, dependencies), startCostUs);
    speaker = new Speaker(
      {
        namespace: ownNamespace,
        nodeName,
        podName: `speaker-${nodeName}`,
        lbClass: undefined,
        ignoreExcludeLb: false,
        drainSignals: defaultDrainSignals,
        segmentKeyDirectory: '/etc/ingot/segment-key',
        bgpListen: 'off',
        bgpPort: 179,
        graceSeconds: 30,
        softwareVersion: 'Ingot/simulated',
        earlier,
      },
      {
        api,
        clock,
        random: cluster.random(random),
        log,
        metrics: quietMetrics,
        channel: toWire,
        sha256,
        kubeProxy,
        serviceHealth: { ask: (_port, answered) => void clock.after(1, () => answered('ready')) },
        stateFile,
        tcp,
        nodeLock,
        // Without the package the wire thread's are enough.
        routerAdvertiser: { send: () => {} },
        kernelAnswersForAll: () => false,
        retired: () => {},
      },
    );
    speaker.useSegmentKeys(segmentKeys(secret));
    speaker.excludeInterfaces(['^lo$']);
    process.explain = () => speaker?.explain() ?? [];
    speaker.start();
  }, startCostUs);
  return {
    askToEnd: () => cluster.receive(() => speaker?.stop((mode) => toWire.post({ kind: 'stop', mode })), 0),
    changeSecret: (changed) => cluster.receive(() => speaker?.useSegmentKeys(segmentKeys(changed)), 0),
  };
}

function startWire(
  process: Process,
  options: WireOptions,
  channel: Channel<FromWire, ToWire>,
  { network, wireRandom, explained }: SpeakerProcessDependencies,
): void {
  const thread = process.thread('wire');
  const { packetSockets, udpSockets, hostNetwork } = network;
  const wire = new Wire(options, {
    clock: thread.clock,
    random: thread.random(wireRandom),
    channel,
    packetSockets,
    udpSockets,
    bfdSockets: noBfdSockets,
    hostNetwork,
    crypto: cheapCrypto,
    explain: (step) => {
      if (mayChangeAnswers(step)) network.answeringChanged();
      explained(step);
    },
    stopped: () => process.end(),
  });
  network.answers = (interfaceName, ip) => wire.isAnswering(interfaceName, ip);
  wire.start();
}

function mayChangeAnswers({ event, effects }: ExplainedStep): boolean {
  if (event.kind === 'link' || event.kind === 'retired') return true;
  for (const { kind } of effects) {
    if (kind === 'answer' || kind === 'silence' || kind === 'mute' || kind === 'unmute') return true;
  }
  return false;
}
