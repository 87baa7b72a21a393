// For which addresses a node answers, judged from outside: whether its kernel would hand a request for the address to a living program, by the
// filter that the program has set, and whether the program would answer it: programs hear more than they answer.
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { once } from '../cancel.ts';
import { arpEtherType, arpRequest, writeArp } from '../lan/arp-message.ts';
import { broadcastNumber, ipv4Number, writeU32 } from '../lan/octets.ts';
import { arrivalTypes } from '../lan/segment.ts';
import type { Observer } from '../observer.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { runBpf } from './bpf-interpreter.ts';
import type { Kernel } from './kernel.ts';
import type { Nic } from './nic.ts';

interface Watched {
  readonly ip: Ip;
  readonly number: number;
}

/** Of the addresses that ever were watched, so many are judged, and these pass. */
interface Passed {
  judged: number;
  readonly addresses: Ip[];
}

/** A stranger asks; only the address asked for varies. */
const askerMac = 0x02_ff_ff_ff_ff_fe;
const targetOffset = 38;

export interface AnsweringDependencies {
  readonly scheduler: Scheduler;
  readonly observer: Pick<Observer, 'answering'>;
}

export class Answering {
  readonly #kernel: Kernel;
  readonly #scheduler: Scheduler;
  readonly #observer: Pick<Observer, 'answering'>;
  readonly #request = writeArp(broadcastNumber, {
    operation: arpRequest,
    senderMac: askerMac,
    senderIp: 0,
    targetMac: 0,
    targetIp: 0,
  });
  /** A filter never changes: what it lets through of the watched addresses is found out once. */
  readonly #passed = new WeakMap<BpfProgram, Passed>();
  readonly #answered = new Map<Nic, ReadonlySet<Ip>>();
  /** All that ever were, in the order in which they came. */
  readonly #known = new Set<Ip>();
  readonly #list: Watched[] = [];
  readonly #watched = new Set<Ip>();
  #isWaiting = false;

  constructor(kernel: Kernel, { scheduler, observer }: AnsweringDependencies) {
    this.#kernel = kernel;
    this.#scheduler = scheduler;
    this.#observer = observer;
  }

  /** Instead of those before. */
  watch(addresses: readonly Ip[]): void {
    this.#watched.clear();
    for (const ip of addresses) this.add(ip);
    this.changed();
  }

  /** Until the answer is called. */
  add(ip: Ip): Cancel {
    this.#watched.add(ip);
    if (!this.#known.has(ip) && familyOf(ip) === 'IPv4') {
      this.#known.add(ip);
      this.#list.push({ ip, number: ipv4Number(ip) });
    }
    this.changed();
    return once(() => {
      this.#watched.delete(ip);
      this.changed();
    });
  }

  changed(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#scheduler.after(0, () => {
      this.#isWaiting = false;
      for (const nic of this.#kernel.nics) this.#look(nic);
    });
  }

  #look(nic: Nic): void {
    const before = this.#answered.get(nic) ?? new Set();
    const now = this.#answeredOn(nic);
    this.#answered.set(nic, now);
    const tell = (ip: Ip, isAnswering: boolean): void =>
      this.#observer.answering?.(this.#kernel.name, nic.attachment.segment.name, ip, isAnswering);
    for (const ip of before) if (!now.has(ip)) tell(ip, false);
    for (const ip of now) if (!before.has(ip)) tell(ip, true);
  }

  #answeredOn(nic: Nic): ReadonlySet<Ip> {
    const found = new Set<Ip>();
    if (!this.#kernel.isRunning || !nic.isUp || !nic.hasCarrier || nic.attachment.isDeaf) return found;
    for (const { thread, packetSockets, answers } of this.#kernel.processes) {
      if (!thread.isAlive || thread.isHeld) continue;
      for (const { socket, nic: on, etherType } of packetSockets.sockets) {
        if (on !== nic || etherType !== arpEtherType) continue;
        for (const ip of this.#passing(socket.filter.program)) {
          if (this.#watched.has(ip) && answers(nic.interfaceName, ip)) found.add(ip);
        }
      }
    }
    return found;
  }

  #passing(program: BpfProgram): readonly Ip[] {
    let known = this.#passed.get(program);
    if (known === undefined) this.#passed.set(program, (known = { judged: 0, addresses: [] }));
    for (; known.judged < this.#list.length; known.judged++) {
      const { ip, number } = this.#list[known.judged] as Watched;
      if (this.#passes(program, number)) known.addresses.push(ip);
    }
    return known.addresses;
  }

  #passes(program: BpfProgram, target: number): boolean {
    writeU32(this.#request, targetOffset, target);
    return runBpf(program, this.#request, arrivalTypes.broadcast) > 0;
  }
}
