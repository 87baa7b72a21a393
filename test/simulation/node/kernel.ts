// The kernel of a node: interfaces, ARP for its own addresses, packet and UDP sockets, news of the network. It goes on when the programs do not.
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { HostNetworkState } from '#speaker/l2/host-network.ts';
import { once } from '../cancel.ts';
import { answerTo, arpRequest } from '../lan/arp-message.ts';
import type { Frame } from '../lan/frame.ts';
import { allNodesMac, groupMacOf, ndpAnswer } from '../lan/ndp-message.ts';
import { ipv4Number } from '../lan/octets.ts';
import { arrivalTypes, type ArrivalType } from '../lan/segment.ts';
import type { Observer } from '../observer.ts';
import type { Thread } from '../thread.ts';
import { randomFor } from '../time/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Trace } from '../trace.ts';
import { Answering } from './answering.ts';
import { ethernet, network } from './host-network.ts';
import { KernelUdp, type ProgramUdpSockets } from './kernel-udp.ts';
import { Nic, type NicOptions } from './nic.ts';
import { ProcessNetwork } from './process-network.ts';

export interface KernelDependencies {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly seed: number;
  readonly observer: Pick<Observer, 'sent' | 'answering' | 'datagram'>;
}

/** Frames that an interface keeps while a virtual machine stands still. */
const ringFrames = 256;
const noIp = '' as Ip;

interface Arrived {
  readonly nic: Nic;
  readonly frame: Frame;
  readonly type: ArrivalType;
}

export class Kernel {
  readonly name: string;
  readonly #dependencies: KernelDependencies;
  readonly #nics: Nic[] = [];
  readonly #processes = new Set<ProcessNetwork>();
  readonly #answering: Answering;
  readonly #udp: KernelUdp;
  /** What kube-proxy's rules say; told anew with `servingChanged`. */
  forwards: (ip: Ip) => boolean = () => false;
  /** Some kernels are told to be silent (arp_ignore 8). */
  answersArp = true;
  #state: 'running' | 'hung' | 'off' = 'running';
  #freezes = 0;
  #ring: Arrived[] = [];
  #own: ReadonlySet<number> = new Set();
  #ownIpv6: ReadonlySet<Ip> = new Set();
  /** In which its own IPv6 addresses are asked for. */
  #ownGroups: ReadonlySet<number> = new Set();
  /** Changes of the network that were not told: it stood still, or the news were lost. */
  #hasUntold = false;
  #newsLost = 0;

  constructor(name: string, dependencies: KernelDependencies) {
    const { scheduler, observer, seed } = dependencies;
    this.name = name;
    this.#dependencies = dependencies;
    this.#answering = new Answering(this, { scheduler, observer });
    this.#udp = new KernelUdp({
      scheduler,
      random: randomFor(seed, `${name} neighbours`),
      nics: this.#nics,
      send: (nic, frame) => this.send(nic, frame),
      sendDatagram: (nic, frame) => this.#sendDatagram(nic, frame),
    });
  }

  get isRunning(): boolean {
    return this.#state === 'running' && this.#freezes === 0;
  }

  get nics(): readonly Nic[] {
    return this.#nics;
  }

  /** What its programs see of the network. */
  get network(): HostNetworkState {
    const loopback = ethernet(1, 'lo', { mac: undefined, loopback: true, ethernet: false });
    const links = [loopback, ...this.#nics.map(({ link }) => link)];
    const addresses = this.#nics.flatMap((nic) => nic.addresses);
    return { ...network(links, addresses), gateways: this.#nics.flatMap(({ gateways }) => gateways) };
  }

  get processes(): ReadonlySet<ProcessNetwork> {
    return this.#processes;
  }

  addNic(options: NicOptions): Nic {
    const nic = new Nic(options, this);
    this.#nics.push(nic);
    this.networkChanged();
    return nic;
  }

  /** What a program gets that runs now; frames and news come to this thread of it. */
  forProcess(thread: Thread): ProcessNetwork {
    const { scheduler, seed } = this.#dependencies;
    const random = randomFor(seed, `${thread.name} netlink`);
    const process = new ProcessNetwork(this, thread, { scheduler, random });
    this.#processes.add(process);
    return process;
  }

  udpForProgram(thread: Thread): ProgramUdpSockets {
    return this.#udp.forProgram(thread);
  }

  /** Datagrams that came by the interface and wait to be read by a process: its threads have its name. */
  unreadDatagrams(process: string, interfaceName: string): number {
    const index = this.#nics.find((nic) => nic.interfaceName === interfaceName)?.index ?? 0;
    let unread = 0;
    for (const { thread, udpSockets } of this.#processes) {
      if (thread.name.startsWith(`${process}/`)) unread += udpSockets.unreadOn(index);
    }
    return unread;
  }

  /** Addresses for which it is told whether this node answers, instead of those before. */
  watchAddresses(addresses: readonly Ip[]): void {
    this.#answering.watch(addresses);
  }

  /** One address more, until the answer is called: cheaper than all anew. */
  watchAddress(ip: Ip): Cancel {
    return this.#answering.add(ip);
  }

  /** Something changed of which `answering` depends; it is looked at once, when all that happens now has happened. */
  answeringChanged(): void {
    this.#answering.changed();
  }

  /** It would hand a packet of a client on. */
  serves(ip: Ip): boolean {
    return this.isRunning && this.forwards(ip);
  }

  /** kube-proxy's rules changed for these addresses, or for all. */
  servingChanged(addresses?: readonly Ip[]): void {
    for (const { attachment } of this.#nics) attachment.segment.pathsChanged(addresses);
  }

  /** The power is gone: links are down, and nothing of what ran is left. */
  powerOff(): void {
    this.#become('off');
    this.#ring = [];
    for (const process of this.#processes) process.end();
    for (const nic of this.#nics) nic.power(false);
  }

  /** Nothing runs, the links stay up. */
  hang(): void {
    this.#become('hung');
    for (const process of this.#processes) process.end();
  }

  boot(): void {
    this.#become('running');
    for (const nic of this.#nics) nic.power(true);
    this.networkChanged();
  }

  /** The virtual machine stands still until the answer is called; its threads and clocks are held by others. */
  freeze(): Cancel {
    this.#freezes++;
    this.#runningChanged();
    return once(() => {
      this.#freezes--;
      this.#runningChanged();
      for (const { nic, frame, type } of this.#ring.splice(0)) this.received(nic, frame, type);
      if (this.#hasUntold) this.networkChanged();
    });
  }

  /** News of the network are lost until the answer is called (ENOBUFS); then programs read everything anew. */
  loseNews(): Cancel {
    this.#newsLost++;
    return once(() => {
      this.#newsLost--;
      if (this.#hasUntold) this.networkChanged();
    });
  }

  /** For interfaces. */
  received(nic: Nic, frame: Frame, type: ArrivalType): void {
    if (!this.isRunning) {
      if (this.#freezes > 0 && this.#state === 'running' && this.#ring.length < ringFrames) {
        this.#ring.push({ nic, frame, type });
      }
      return;
    }
    if (!nic.isUp) return;
    if (frame.udp !== undefined) {
      this.#udp.received(nic, frame, type);
      return;
    }
    if (type === arrivalTypes.multicast && !this.#isMember(nic, frame.destination)) return;
    const isOurs = this.#own.has(frame.arp?.targetIp ?? 0) || this.#ownIpv6.has(frame.ndp?.target ?? noIp);
    this.#udp.heardNeighbour(nic, frame, type, isOurs);
    this.#answerOwn(nic, frame, type);
    for (const process of this.#processes) process.packetSockets.arrive(nic, frame, type);
  }

  /** For interfaces: the sockets on it break. */
  failSockets(nic: Nic): void {
    for (const process of this.#processes) process.packetSockets.failOn(nic);
  }

  /** For interfaces. */
  linkEvent(nic: Nic, what: string, detail: string): void {
    this.#dependencies.trace.record(this.name, `link ${what}`, nic.interfaceName, detail);
    this.answeringChanged();
  }

  /** For interfaces. */
  networkChanged(): void {
    const { network: state } = this;
    const own = state.addresses.map(({ ip }) => ip);
    this.#own = new Set(own.filter((ip) => familyOf(ip) === 'IPv4').map(ipv4Number));
    this.#ownIpv6 = new Set(own.filter((ip) => familyOf(ip) === 'IPv6'));
    this.#ownGroups = new Set(Array.from(this.#ownIpv6, groupMacOf));
    this.#udp.networkChanged();
    this.#hasUntold = this.#newsLost > 0 || !this.isRunning;
    if (this.#hasUntold) return;
    for (const process of this.#processes) process.hostNetwork.become(state);
  }

  ended(process: ProcessNetwork): void {
    this.#processes.delete(process);
    this.answeringChanged();
  }

  send(nic: Nic, frame: Uint8Array): void {
    const { segment } = nic.attachment;
    if (nic.attachment.send(frame)) this.#dependencies.observer.sent?.(this.name, segment.name, frame);
  }

  #sendDatagram(nic: Nic, frame: Frame): void {
    const { segment } = nic.attachment;
    if (nic.attachment.sendFrame(frame) && frame.udp !== undefined) {
      this.#dependencies.observer.datagram?.(this.name, segment.name, frame.udp);
    }
  }

  /** An IPv4 address is the machine's, not the interface's: asked for through any of them, it is answered (arp_ignore 0). */
  #answerOwn(nic: Nic, { arp, ndp, source }: Frame, type: ArrivalType): void {
    if (type === arrivalTypes.otherHost) return;
    if (ndp?.kind === 'solicitation' && nic.addresses.some(({ ip }) => ip === ndp.target)) {
      this.send(nic, ndpAnswer(ndp, source, nic.mac));
    }
    if (arp === undefined || !this.answersArp) return;
    if (arp.operation !== arpRequest || !this.#own.has(arp.targetIp) || arp.senderIp === arp.targetIp) return;
    this.send(nic, answerTo(arp, nic.mac));
  }

  /** The interface takes in what is sent to the group. */
  #isMember(nic: Nic, group: number): boolean {
    if (group === allNodesMac || this.#ownGroups.has(group)) return true;
    for (const { packetSockets } of this.#processes) if (packetSockets.isMember(nic, group)) return true;
    return false;
  }

  #become(state: 'running' | 'hung' | 'off'): void {
    this.#state = state;
    if (state !== 'running') this.#udp.forget();
    this.#dependencies.trace.record(this.name, 'kernel', state);
    this.#runningChanged();
  }

  #runningChanged(): void {
    this.answeringChanged();
    this.servingChanged();
  }
}
