// For which addresses a node answers, judged from outside: whether its kernel would hand a request for the address to a living program, by the
// filter that the program has set, and whether the program would answer it: programs hear more than they answer.
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { BpfProgram } from '#speaker/l2/classic-bpf.ts';
import { once } from '../cancel.ts';
import { arpEtherType, arpRequest, writeArp } from '../lan/arp-message.ts';
import { groupMacOf, ndpQuestion } from '../lan/ndp-message.ts';
import { broadcastNumber, ipv4Number } from '../lan/octets.ts';
import { arrivalTypes } from '../lan/segment.ts';
import type { Observer } from '../observer.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { runBpf } from './bpf-interpreter.ts';
import type { Kernel } from './kernel.ts';
import type { Nic } from './nic.ts';

interface Watched {
  readonly ip: Ip;
  /** Asks all for it. */
  readonly question: Uint8Array;
  /** To which the question goes, if it is not to all. */
  readonly group: number | undefined;
}

/** Of the addresses that ever were watched, so many are judged, and these pass. */
interface Passed {
  judged: number;
  readonly addresses: Watched[];
}

/** A stranger asks. */
const asker = { mac: 0x02_ff_ff_ff_ff_fe, ip: 'fe80::ffff' as Ip };

export interface AnsweringDependencies {
  readonly scheduler: Scheduler;
  readonly observer: Pick<Observer, 'answering'>;
}

export class Answering {
  readonly #kernel: Kernel;
  readonly #scheduler: Scheduler;
  readonly #observer: Pick<Observer, 'answering'>;
  /** A filter never changes: what it lets through of the watched addresses is found out once. */
  readonly #passed = new WeakMap<BpfProgram, Passed>();
  readonly #answered = new Map<Nic, ReadonlySet<Ip>>();
  /** All that ever were, in the order in which they came. */
  readonly #known = new Set<Ip>();
  readonly #lists: Readonly<Record<Family, Watched[]>> = { IPv4: [], IPv6: [] };
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
    if (!this.#known.has(ip)) {
      this.#known.add(ip);
      this.#lists[familyOf(ip)].push(watchedOf(ip));
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
        if (on !== nic) continue;
        const family = etherType === arpEtherType ? 'IPv4' : 'IPv6';
        for (const { ip, group } of this.#passing(socket.filter.program, family)) {
          const isHeard = group === undefined || packetSockets.isMember(nic, group);
          if (isHeard && this.#watched.has(ip) && answers(nic.interfaceName, ip)) found.add(ip);
        }
      }
    }
    return found;
  }

  #passing(program: BpfProgram, family: Family): readonly Watched[] {
    let known = this.#passed.get(program);
    if (known === undefined) this.#passed.set(program, (known = { judged: 0, addresses: [] }));
    const list = this.#lists[family];
    for (; known.judged < list.length; known.judged++) {
      const watched = list[known.judged] as Watched;
      const type = family === 'IPv4' ? arrivalTypes.broadcast : arrivalTypes.multicast;
      if (runBpf(program, watched.question, type) > 0) known.addresses.push(watched);
    }
    return known.addresses;
  }
}

function watchedOf(ip: Ip): Watched {
  if (familyOf(ip) === 'IPv6') return { ip, question: ndpQuestion(asker, ip), group: groupMacOf(ip) };
  const target = { targetMac: 0, targetIp: ipv4Number(ip) };
  const request = { operation: arpRequest, senderMac: asker.mac, senderIp: 0, ...target };
  return { ip, question: writeArp(broadcastNumber, request), group: undefined };
}
