// A whole speaker, or several, on one apiserver: three Ready nodes with a speaker each, a pool, an advertisement of everything, and
// Service web/shop with 192.0.2.200 and an endpoint on n2. The address belongs to n1; without n1 to n3, then n2.
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { l2Advertisements } from '#shared/api/l2-advertisement.ts';
import { endpointSlices, events, nodes, pods, services } from '#shared/kube/resources.ts';
import { Speaker } from '#speaker/speaker.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { promptly } from '#test/simulation/apiserver/delays.ts';
import { Cluster } from '../cluster.ts';
import {
  advertisementObject,
  namespace,
  nodeObject,
  poolObject,
  serviceObject,
  sliceObject,
  speakerPod,
} from './manifests.ts';
import { PlayedWire } from './played-wire.ts';
import { sha256 } from './views.ts';

export const address = '192.0.2.200';

export interface RunningSpeaker {
  readonly speaker: Speaker;
  readonly wire: PlayedWire;
  readonly log: RecordedLog;
  readonly metrics: RecordedMetrics;
}

export class Stage {
  readonly clock = new VirtualClock();
  readonly cluster = new Cluster(this.clock, namespace, 'web');
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
  start(nodeName: string): RunningSpeaker {
    const { clock } = this;
    const client = { name: `${nodeName}/speaker`, node: nodeName, receive: (work: () => void) => work() };
    const api = this.cluster.apiserver.connect(client, { delays: promptly });
    const random = seededRandom(++this.#starts);
    const wire = new PlayedWire(clock);
    const log = new RecordedLog();
    const metrics = new RecordedMetrics();
    const speaker = new Speaker(
      { namespace, nodeName, podName: `speaker-${nodeName}`, lbClass: undefined, ignoreExcludeLb: false },
      { api, clock, random, log, metrics, channel: wire.channel, sha256 },
    );
    speaker.excludeInterfaces(['^lo$']);
    speaker.start();
    clock.after(1, () => wire.report());
    return { speaker, wire, log, metrics };
  }

  /** Events, oldest first. */
  told(): readonly string[] {
    return this.cluster.list(events).map(({ reason, note }) => `${String(reason)}: ${String(note)}`);
  }
}

export function ownedBy({ wire }: RunningSpeaker): readonly string[] {
  return wire.owned.map(({ ip }) => ip);
}
