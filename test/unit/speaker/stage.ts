// A whole speaker, or several, on one apiserver: three Ready nodes with a speaker each, a pool, an advertisement of everything, and
// Service web/shop with 192.0.2.200 and an endpoint on n2. All addresses are owned by the node that the test says, n1 at first.
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { endpointSlices, events, nodes, pods, services } from '#shared/kube/resources.ts';
import { defaultDrainSignals } from '#shared/runtime/drain-signals.ts';
import type { KubeProxyHealth } from '#speaker/kube-proxy/health.ts';
import type { ServiceHealth } from '#speaker/kube-proxy/service-gate.ts';
import type { LeavingMode } from '#speaker/segment/message/leaving.ts';
import { deriveSegmentKey } from '#speaker/segment/admission/keys.ts';
import { Speaker, type SpeakerOptions } from '#speaker/speaker.ts';
import type { StateFile } from '#speaker/state/state-file.ts';
import { cheapCrypto } from '#test/simulation/node/cheap-crypto.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { promptly } from '#test/simulation/apiserver/delays.ts';
import { Cluster } from '../cluster.ts';
import { PlayedNetwork } from './bgp/played-network.ts';
import {
  advertisementObject,
  namespace,
  nodeObject,
  poolObject,
  serviceObject,
  sliceObject,
  speakerPod,
} from './manifests.ts';
import { PlayedLocks } from './played-locks.ts';
import { PlayedWire } from './played-wire.ts';
import { ip, sha256 } from './views.ts';

export const address = '192.0.2.200';

export interface RunningSpeaker {
  readonly speaker: Speaker;
  readonly wire: PlayedWire;
  readonly log: RecordedLog;
  readonly metrics: RecordedMetrics;
  /** What it wrote into its state file, oldest first. */
  readonly written: readonly string[];
  /** How kube-proxy answers. */
  kubeProxy: KubeProxyHealth;
  /** How it answers at the healthCheckNodePort of a Service. */
  serviceHealth: (port: number) => ServiceHealth;
  retired: boolean;
}

const current = deriveSegmentKey(new Uint8Array(32), cheapCrypto);
const keys = current && { current, previous: undefined };

/** SIGTERM; gives the mode when it has ended. */
export function stop({ speaker }: RunningSpeaker): { readonly mode: LeavingMode | undefined } {
  const ended: { mode: LeavingMode | undefined } = { mode: undefined };
  speaker.stop((mode) => (ended.mode = mode));
  return ended;
}

export class Stage {
  readonly clock = new VirtualClock();
  readonly cluster = new Cluster(this.clock, namespace, 'web');
  /** Where routers are, if the test plays any. */
  readonly network = new PlayedNetwork(this.clock);
  readonly locks = new PlayedLocks(this.clock);
  owner = 'n1';
  #starts = 0;

  constructor() {
    for (const name of ['n1', 'n2', 'n3']) {
      this.cluster.put(nodes, nodeObject(name));
      this.cluster.put(pods, speakerPod(name));
    }
    this.cluster.put(ipAddressPools, poolObject());
    this.cluster.put(l2Advertisements, advertisementObject());
    this.cluster.put(services, serviceObject('shop', [address]));
    this.cluster.put(endpointSlices, sliceObject('shop', ['n2']));
  }

  /** Its wire thread knows the machine a millisecond later. */
  start(nodeName: string, fields: Partial<SpeakerOptions> = {}): RunningSpeaker {
    const { clock } = this;
    const client = { name: `${nodeName}/speaker`, node: nodeName, receive: (work: () => void) => work() };
    const wire = new PlayedWire(nodeName, clock, () => (this.owner === nodeName ? ['eth0'] : []));
    const log = new RecordedLog();
    const metrics = new RecordedMetrics();
    const written: string[] = [];
    const speaker = new Speaker(
      {
        namespace,
        nodeName,
        podName: `speaker-${nodeName}`,
        lbClass: undefined,
        ignoreExcludeLb: false,
        drainSignals: defaultDrainSignals,
        segmentKeyDirectory: '/etc/ingot/segment-key',
        bgpListen: 'auto',
        bgpPort: 179,
        graceSeconds: 30,
        softwareVersion: 'Ingot/test',
        earlier: { cluster: undefined, segments: [], incarnation: 1 },
        ...fields,
      },
      {
        api: this.cluster.apiserver.connect(client, { delays: promptly }),
        clock,
        random: seededRandom(++this.#starts),
        log,
        metrics,
        channel: wire.channel,
        sha256,
        kubeProxy: { ask: (answered) => void clock.after(1, () => answered(running.kubeProxy)) },
        serviceHealth: {
          ask: ({ port }, answered) => void clock.after(1, () => answered(running.serviceHealth(port))),
        },
        stateFile: collecting(written, clock),
        tcp: this.network.stack(ip(`192.0.2.1${nodeName.slice(1)}`)),
        nodeLock: this.locks.of(nodeName),
        routerAdvertiser: { send: () => {} },
        kernelAnswersForAll: () => false,
        retired: () => (running.retired = true),
      },
    );
    const running: RunningSpeaker = {
      speaker,
      wire,
      log,
      metrics,
      written,
      kubeProxy: 'healthy',
      serviceHealth: () => 'ready',
      retired: false,
    };
    speaker.useSegmentKeys(keys);
    speaker.excludeInterfaces(['^lo$']);
    speaker.start();
    clock.after(1, () => wire.report());
    return running;
  }

  /** Another node owns all addresses now. */
  moveTo(owner: string, speakers: readonly RunningSpeaker[]): void {
    this.owner = owner;
    for (const { wire } of speakers) wire.report();
  }

  /** Events, oldest first. */
  told(): readonly string[] {
    return this.cluster.list(events).map(({ reason, note }) => `${String(reason)}: ${String(note)}`);
  }
}

/** Addresses that the node of the speaker may own. */
export function eligibleFor({ wire }: RunningSpeaker): readonly string[] {
  return wire.eligible;
}

function collecting(written: string[], clock: VirtualClock): StateFile {
  return {
    read: () => ({ kind: 'none' }),
    write(text, done) {
      written.push(text);
      clock.after(1, () => done(undefined));
    },
  };
}
