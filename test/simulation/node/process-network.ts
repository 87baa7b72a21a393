// The network as one program on a simulated node has it: its packet and UDP sockets and its news of the interfaces. Both end with the program.
import type { Ip } from '#shared/net/ip.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Thread } from '../thread.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { SimulatedHostNetwork } from './host-network.ts';
import type { Kernel } from './kernel.ts';
import type { ProgramUdpSockets } from './kernel-udp.ts';
import { KernelPacketSockets } from './kernel-packet-sockets.ts';

const newsCostUs = 50;
const newsDelayUs = 5_000;

export interface ProcessNetworkDependencies {
  readonly scheduler: Scheduler;
  readonly random: Random;
}

export class ProcessNetwork {
  readonly thread: Thread;
  readonly packetSockets: KernelPacketSockets;
  /** Datagrams are what the program says that they are: octets, or in fast runs objects. */
  readonly udpSockets: ProgramUdpSockets;
  readonly hostNetwork: SimulatedHostNetwork;
  /** The program answers requests for the address that come by the interface; one that does not tell answers all that its filter passes. */
  answers: (interfaceName: string, ip: Ip) => boolean = () => true;
  readonly #kernel: Kernel;
  #isOver = false;

  constructor(kernel: Kernel, thread: Thread, { scheduler, random }: ProcessNetworkDependencies) {
    let lastUs = 0;
    this.thread = thread;
    this.#kernel = kernel;
    this.packetSockets = new KernelPacketSockets(kernel, thread);
    this.udpSockets = kernel.udpForProgram(thread);
    this.hostNetwork = new SimulatedHostNetwork(kernel.network, (work) => {
      lastUs = Math.max(lastUs, scheduler.nowUs + uniform(random, 0, newsDelayUs));
      scheduler.at(lastUs, () => thread.receive(work, newsCostUs));
    });
    thread.changed = () => kernel.answeringChanged();
  }

  /** It may answer for others now. */
  answeringChanged(): void {
    this.#kernel.answeringChanged();
  }

  /** The program is dead. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.hostNetwork.stop();
    this.packetSockets.closeAll();
    this.udpSockets.closeAll();
    this.#kernel.ended(this);
  }
}
