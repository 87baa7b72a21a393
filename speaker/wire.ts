// The wire thread (shell): answers for the addresses that the cluster thread wants answered, and tells it what is. It goes on with the last it
// was told, however long the cluster thread is stuck.
import type { Clock } from '#shared/runtime/clock.ts';
import type { HostNetwork, HostNetworkState } from './l2/host-network.ts';
import type { PacketSockets } from './l2/packet-socket.ts';
import { addChunk, emptyAssembly, type DesiredAssembly } from './wire/desired-assembly.ts';
import { Responders } from './l2/responders.ts';
import { compileNamePatterns } from './wire/name-patterns.ts';
import { observe } from './wire/observation.ts';
import { OwnGap } from './wire/own-gap.ts';
import { ReportPace } from './wire/report-pace.ts';
import type { Channel, FromWire, ToWire, WireDesired } from './seam.ts';
import { WireLog } from './wire/wire-log.ts';

export interface WireDependencies {
  readonly clock: Clock;
  readonly channel: Channel<FromWire, ToWire>;
  readonly packetSockets: PacketSockets;
  readonly hostNetwork: HostNetwork;
  /** The cluster thread said `stop`, and every socket is closed. */
  stopped(): void;
}

export class Wire {
  readonly #dependencies: WireDependencies;
  readonly #log = new WireLog();
  readonly #pace: ReportPace;
  readonly #ownGap: OwnGap;
  readonly #responders: Responders;
  #assembly: DesiredAssembly = emptyAssembly;
  #network: HostNetworkState | undefined;
  #patternProblems: readonly string[] = [];
  #sequence = 0;
  #gaps = 0;

  constructor(dependencies: WireDependencies) {
    const { clock, packetSockets } = dependencies;
    this.#dependencies = dependencies;
    this.#pace = new ReportPace(clock, () => this.#report());
    this.#ownGap = new OwnGap(clock, (lateMs) => this.#gapEnded(lateMs));
    this.#responders = new Responders({
      clock,
      packetSockets,
      log: this.#log,
      gapEnded: () => this.#ownGap.check(),
      changed: (what) => this.#changed(what),
    });
  }

  start(): void {
    const { channel, hostNetwork } = this.#dependencies;
    channel.post({ kind: 'ready' });
    hostNetwork.start((network) => {
      this.#ownGap.check();
      this.#network = network;
      this.#responders.networkChanged(network);
    });
    channel.onMessage((message) => {
      this.#ownGap.check();
      if (message.kind === 'stop') this.#stop();
      else this.#desired(message);
    });
  }

  #desired(chunk: WireDesired): void {
    const { assembly, complete } = addChunk(this.#assembly, chunk);
    this.#assembly = assembly;
    if (complete === undefined) return;
    const { patterns, problems } = compileNamePatterns(complete.excludedInterfaces);
    this.#patternProblems = problems;
    this.#responders.assign({ ...complete, excludedInterfaces: patterns });
  }

  /** Frames that waited through the gap are old: whoever asked may have been answered by another node since. */
  #gapEnded(lateMs: number): void {
    this.#gaps++;
    this.#log.warn(
      { lateMs: Math.round(lateMs) },
      'the wire thread did not run for a while; what it received meanwhile is dropped',
    );
    this.#responders.gap();
    this.#pace.changed();
  }

  #changed(what: 'counters' | 'carrier' | 'state'): void {
    if (what === 'carrier') this.#pace.atOnce();
    else if (what === 'state') this.#pace.changed();
    else this.#pace.counted();
  }

  #report(): void {
    if (this.#network === undefined) return;
    this.#dependencies.channel.post(
      observe({
        sequence: ++this.#sequence,
        network: this.#network,
        responders: this.#responders,
        patternProblems: this.#patternProblems,
        log: this.#log,
        gaps: this.#gaps,
        dropped: this.#dependencies.channel.dropped,
      }),
    );
  }

  #stop(): void {
    this.#pace.stop();
    this.#ownGap.stop();
    this.#responders.close();
    this.#dependencies.hostNetwork.stop();
    this.#dependencies.stopped();
  }
}
