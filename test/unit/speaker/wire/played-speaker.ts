// A wire thread between a test that wants addresses answered and the LANs that ask for them, in virtual time.
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { HostNetworkState, Link } from '#speaker/l2/host-network.ts';
import { arpOperations, decodeArpFrame, encodeArpFrame, noAddress, type ArpPacket } from '#speaker/l2/arp.ts';
import type {
  Channel,
  FromWire,
  OwnerChange,
  ToWire,
  WireObserved,
  WireOptions,
  WireSurroundings,
} from '#speaker/seam.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import { Wire } from '#speaker/wire.ts';
import { atOnce, channelPair } from '#test/simulation/channel.ts';
import { cheapCrypto } from '#test/simulation/node/cheap-crypto.ts';
import { address, ethernet, network, SimulatedHostNetwork } from '#test/simulation/node/host-network.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { desiredOf, surroundingsOf, wireOptionsOf, type Wanted } from '#test/wire-input.ts';
import { PlayedSockets } from '../played-sockets.ts';
import { PlayedEther, type PlayedUdpSockets } from '../played-udp.ts';
import { PlayedBfdNetwork, type PlayedBfdSockets } from './played-bfd.ts';

/** Who asks. */
export const client = '02:50:00:00:00:09' as Mac;

/** eth0 (2) in 192.0.2.0/24 and eth1 (3) in 198.51.100.0/24, or what a test makes of them. */
export function twoInterfaces(eth0: Partial<Link> = {}, more: Partial<HostNetworkState> = {}): HostNetworkState {
  const links = [
    ethernet(1, 'lo', { loopback: true, ethernet: false }),
    ethernet(2, 'eth0', eth0),
    ethernet(3, 'eth1'),
  ];
  const addresses = [address(1, '127.0.0.1', 8), address(2, '192.0.2.1', 24), address(3, '198.51.100.1', 24)];
  return { ...network(links, addresses), ...more };
}

/** Time that passes without the thread running. */
class PausableClock implements Clock {
  readonly timers: VirtualClock;
  #pausedMs = 0;

  constructor(timers = new VirtualClock()) {
    this.timers = timers;
  }

  nowMs(): number {
    return this.timers.nowMs() + this.#pausedMs;
  }

  wallMs(): number {
    return this.timers.wallMs();
  }

  after(delayMs: number, callback: () => void): Cancel {
    return this.timers.after(delayMs, callback);
  }

  pause(ms: number): void {
    this.#pausedMs += ms;
  }
}

interface SpeakerOptions {
  readonly name?: string;
  readonly state?: HostNetworkState;
  readonly refusal?: PlayedSockets['refusal'];
  readonly timers?: VirtualClock;
  readonly ether?: PlayedEther;
  readonly bfd?: PlayedBfdNetwork;
  readonly incarnation?: number;
  readonly saved?: WireOptions['saved'];
  /** Those that run a speaker. */
  readonly nodes?: readonly string[];
}

/** That routers know it by. */
const bfdAddresses = ['192.0.2.1', '2001:db8::1'];

const pools = ['192.0.2.0/24', '198.51.100.0/24', '2001:db8::/64'];

export class Speaker {
  readonly name: string;
  readonly clock: PausableClock;
  readonly sockets = new PlayedSockets();
  readonly ether: PlayedEther;
  readonly udp: PlayedUdpSockets;
  readonly bfd: PlayedBfdSockets;
  readonly hostNetwork: SimulatedHostNetwork;
  readonly messages: FromWire[] = [];
  readonly channel: Channel<ToWire, FromWire>;
  stopped = false;
  readonly #nodes: readonly string[];
  #generation = 0;
  #surroundings = 0;

  constructor({ name = 'n1', state = twoInterfaces(), refusal, ...options }: SpeakerOptions = {}) {
    this.name = name;
    this.clock = new PausableClock(options.timers);
    this.ether = options.ether ?? new PlayedEther(this.clock.timers.scheduler);
    this.udp = this.ether.socketsOf(name);
    this.bfd = (options.bfd ?? new PlayedBfdNetwork(this.clock.timers.scheduler)).socketsOf(bfdAddresses);
    this.hostNetwork = new SimulatedHostNetwork(state);
    this.sockets.refusal = refusal;
    this.#nodes = options.nodes ?? [name];
    const [near, far] = channelPair<ToWire, FromWire>(this.clock.timers.scheduler, () => 0, [atOnce, atOnce]);
    this.channel = near;
    near.onMessage((message) => this.messages.push(message));
    const { incarnation = 1, saved = [] } = options;
    const wire = new Wire(wireOptionsOf(name, { incarnation, saved }), {
      clock: this.clock,
      random: randomFor(1, name),
      channel: far,
      packetSockets: this.sockets,
      udpSockets: this.udp,
      bfdSockets: this.bfd,
      hostNetwork: this.hostNetwork,
      crypto: cheapCrypto,
      stopped: () => (this.stopped = true),
    });
    wire.start();
    this.surround();
    this.advance(0);
  }

  advance(ms: number): void {
    this.clock.timers.advance(ms);
  }

  surround(changes: Partial<WireSurroundings> = {}): void {
    this.channel.post({
      ...surroundingsOf(this.#nodes, pools, cheapCrypto),
      sequence: ++this.#surroundings,
      ...changes,
    });
    this.advance(1);
  }

  /** Says what is wanted; no other is. */
  desire(addresses: readonly Wanted[]): void {
    this.channel.post({
      kind: 'desired',
      generation: ++this.#generation,
      chunk: 0,
      chunks: 1,
      addresses: addresses.map((wanted) => this.desired(wanted)),
    });
    this.advance(1);
  }

  /** And waits until addresses that were never used are probed and owned. */
  take(addresses: readonly Wanted[]): void {
    this.desire(addresses);
    this.advance(1000);
  }

  desired(wanted: Wanted): DesiredAddress {
    return desiredOf(this.#nodes, wanted);
  }

  get observations(): readonly WireObserved[] {
    return this.messages.filter((message) => message.kind === 'observed');
  }

  get observed(): WireObserved {
    const last = this.observations.at(-1);
    if (last === undefined) throw new Error('nothing was observed yet');
    return last;
  }

  get ownerChanges(): readonly OwnerChange[] {
    return this.observations.flatMap(({ ownerChanges }) => ownerChanges);
  }

  get logged(): readonly string[] {
    return this.observations.flatMap(({ log }) => log.map(({ message }) => message));
  }

  counter(name: string, labels: Readonly<Record<string, string>>): number | undefined {
    const same = (one: object): boolean => JSON.stringify(one) === JSON.stringify(labels);
    return this.observed.counters.find((counter) => counter.name === name && same(counter.labels))?.total;
  }

  /** What is sent on an interface while something happens, as `reply 192.0.2.100`, `announcement …`, `probe …`. */
  sentOn(index: number, happen: () => void): readonly string[] {
    const already = this.sockets.openInterfaces.includes(index) ? this.sockets.on(index).sent.length : 0;
    happen();
    const frames = this.sockets.on(index).sent.slice(already).map(decodeArpFrame);
    return frames.map(({ arp }) => formOf(arp));
  }

  /** A client asks on an interface; the thread reads at once. */
  ask(index: number, ip: Ip): void {
    this.arrive(index, ip);
    this.sockets.on(index).read();
  }

  arrive(index: number, ip: Ip): void {
    this.sockets.on(index).arrive(
      encodeArpFrame({
        ethernet: { destination: 'ff:ff:ff:ff:ff:ff' as Mac, source: client, etherType: 0x0806 },
        arp: { operation: 1, senderMac: client, senderIp: '192.0.2.9' as Ip, targetMac: client, targetIp: ip },
      }),
    );
  }

  answers(index: number, ip: Ip): boolean {
    return this.sentOn(index, () => this.ask(index, ip)).includes(`reply ${ip}`);
  }
}

function formOf({ operation, senderIp, targetIp }: ArpPacket): string {
  if (senderIp === targetIp) return `announcement ${senderIp}`;
  if (senderIp === noAddress) return `probe ${targetIp}`;
  return operation === arpOperations.reply ? `reply ${senderIp}` : `question ${targetIp}`;
}
