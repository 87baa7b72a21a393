// The wire thread (shell): makes this node own what it should on every LAN, and tells the cluster thread what is. It goes on with the last it
// was told, however long the cluster thread is stuck.
import type { Ip } from '#shared/net/ip.ts';
import type { Clock } from '#shared/runtime/clock.ts';
import type { Random } from '#shared/runtime/random.ts';
import type { BfdSockets } from './bfd/bfd-sockets.ts';
import type { HostNetwork, HostNetworkState } from './l2/host-network.ts';
import type { PacketSockets } from './l2/packet-socket.ts';
import type { UdpSockets } from './l2/udp-socket.ts';
import type {
  Channel,
  FromWire,
  OwnerChange,
  ToWire,
  WireDesired,
  WireOptions,
  WireRouting,
  WireSurroundings,
} from './seam.ts';
import type { SegmentCrypto } from './segment/admission/crypto.ts';
import type { LeavingMode } from './segment/message/leaving.ts';
import { profiles, quarantineMs } from './segment/profile.ts';
import { Bfd } from './wire/bfd.ts';
import { addChunk, emptyAssembly, type DesiredAssembly } from './wire/desired-assembly.ts';
import { compileNamePatterns } from './wire/name-patterns.ts';
import { observe } from './wire/observation.ts';
import { OwnGap } from './wire/own-gap.ts';
import { ReportPace } from './wire/report-pace.ts';
import { Routers } from './wire/routers.ts';
import type { ExplainedStep } from './wire/segment-runner.ts';
import { Segments } from './wire/segments.ts';
import { Tally } from './wire/tally.ts';
import { WireLog } from './wire/wire-log.ts';

export interface WireDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly channel: Channel<FromWire, ToWire>;
  readonly packetSockets: PacketSockets;
  readonly udpSockets: UdpSockets;
  readonly bfdSockets: BfdSockets;
  readonly hostNetwork: HostNetwork;
  readonly crypto: SegmentCrypto;
  /** The cluster thread said `stop`, and every socket is closed. */
  stopped(): void;
  /** Told of every step of every segment: for those who judge the engines from inside. */
  readonly explain?: (step: ExplainedStep) => void;
}

export class Wire {
  readonly #options: WireOptions;
  readonly #dependencies: WireDependencies;
  readonly #log = new WireLog();
  readonly #tally = new Tally();
  readonly #pace: ReportPace;
  readonly #ownGap: OwnGap;
  readonly #segments: Segments;
  readonly #routers: Routers;
  readonly #bfd: Bfd;
  #assembly: DesiredAssembly = emptyAssembly;
  #network: HostNetworkState | undefined;
  #patternProblems: readonly string[] = [];
  #ownerChanges: OwnerChange[] = [];
  #observations = 0;
  #datagrams = 0;
  #isStopping = false;

  constructor(options: WireOptions, dependencies: WireDependencies) {
    const { clock } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#pace = new ReportPace(clock, () => this.#report());
    this.#ownGap = new OwnGap(profiles[options.profile].dropMs, clock, (lateMs) => this.#gapEnded(lateMs));
    this.#segments = new Segments({
      ...dependencies,
      options,
      log: this.#log,
      tally: this.#tally,
      nextSequence: () => ++this.#datagrams,
      gapEnded: () => this.#ownGap.check(),
      changed: (what) => this.#changed(what),
      counted: () => this.#pace.counted(),
      ownerChanged: (change) => this.#ownerChanges.push(change),
    });
    this.#routers = new Routers({
      ...dependencies,
      log: this.#log,
      tally: this.#tally,
      gapEnded: () => this.#ownGap.check(),
      changed: () => this.#pace.changed(),
      counted: () => this.#pace.counted(),
    });
    this.#bfd = new Bfd({
      ...dependencies,
      sockets: dependencies.bfdSockets,
      log: this.#log,
      tally: this.#tally,
      gapEnded: () => void this.#ownGap.check(),
      changed: () => this.#pace.urgent(),
      counted: () => this.#pace.counted(),
    });
  }

  start(): void {
    const { channel, hostNetwork } = this.#dependencies;
    channel.post({ kind: 'ready' });
    hostNetwork.start((network) => {
      this.#ownGap.check();
      this.#network = network;
      this.#routers.networkChanged(network);
      this.#bfd.networkChanged(network);
      this.#segments.networkChanged(network);
    });
    channel.onMessage((message) => {
      if (this.#isStopping) return;
      this.#ownGap.check();
      if (message.kind === 'stop') this.#stop(message.mode);
      else if (message.kind === 'desired') this.#desire(message);
      else if (message.kind === 'surroundings') this.#surround(message);
      else if (message.kind === 'routing') this.#route(message);
    });
  }

  /** Whoever asks for the address on this interface now is answered: for those who look at this thread from outside. */
  isAnswering(interfaceName: string, ip: Ip): boolean {
    return this.#segments.all.some(({ on, responder }) => on.name === interfaceName && responder.isAnswering(ip));
  }

  #desire(chunk: WireDesired): void {
    const { assembly, complete } = addChunk(this.#assembly, chunk);
    this.#assembly = assembly;
    if (complete !== undefined) this.#segments.desire(complete);
  }

  #surround(surroundings: WireSurroundings): void {
    const { patterns, problems } = compileNamePatterns(surroundings.excludedInterfaces);
    this.#patternProblems = problems;
    this.#segments.surround(surroundings, patterns);
    this.#pace.changed();
  }

  #route({ bfd, unnumbered }: WireRouting): void {
    this.#bfd.want(bfd);
    this.#routers.want(unnumbered);
  }

  /** Frames that waited through the gap are old: whoever asked may have been answered by another node since. */
  #gapEnded(lateMs: number): void {
    const isLong = lateMs > quarantineMs(profiles[this.#options.profile]);
    this.#tally.add('ingot_wire_stalls_total', { limit: isLong ? 'quarantine' : 'drop' });
    this.#log.warn(
      { lateMs: Math.round(lateMs) },
      'the wire thread did not run for a while: it listens before it answers',
    );
    this.#segments.gap(lateMs);
    this.#bfd.gap();
    this.#pace.changed();
  }

  #changed(what: 'carrier' | 'state'): void {
    if (what === 'carrier') this.#pace.atOnce();
    else this.#pace.changed();
  }

  #report(): void {
    // What is closed has no more to be told of.
    if (this.#network === undefined || this.#isStopping) return;
    const { clock, channel } = this.#dependencies;
    const ownerChanges = this.#ownerChanges;
    this.#ownerChanges = [];
    channel.post(
      observe({
        sequence: ++this.#observations,
        nowMs: clock.nowMs(),
        node: this.#options.node,
        network: this.#network,
        segments: this.#segments,
        routers: this.#routers,
        bfd: this.#bfd,
        patternProblems: this.#patternProblems,
        ownerChanges,
        log: this.#log,
        tally: this.#tally,
        dropped: channel.dropped,
      }),
    );
  }

  #stop(mode: LeavingMode): void {
    this.#isStopping = true;
    this.#pace.stop();
    this.#segments.leave(mode);
    this.#segments.close();
    this.#routers.close();
    this.#dependencies.hostNetwork.stop();
    this.#bfd.leave(() => {
      this.#ownGap.stop();
      this.#dependencies.stopped();
    });
  }
}
