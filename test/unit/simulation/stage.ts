// A LAN with stations on it, without a cluster: what the tests of its parts stand on.
import { parseIp, type Ip } from '#shared/net/ip.ts';
import { parseMac, type Mac } from '#shared/net/mac.ts';
import type { Frame } from '#test/simulation/lan/frame.ts';
import { macNumber } from '#test/simulation/lan/octets.ts';
import {
  arrivalTypes,
  Segment,
  type ArrivalType,
  type Attachment,
  type Station,
} from '#test/simulation/lan/segment.ts';
import type { SwitchOptions } from '#test/simulation/lan/switch.ts';
import { Kernel } from '#test/simulation/node/kernel.ts';
import type { Nic } from '#test/simulation/node/nic.ts';
import type { Observer } from '#test/simulation/observer.ts';
import { NodeTime } from '#test/simulation/node-time.ts';
import { Thread } from '#test/simulation/thread.ts';
import { Scheduler } from '#test/simulation/time/scheduler.ts';
import { formatLine, Trace } from '#test/simulation/trace.ts';

export const ipOf = (text: string): Ip => {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is no address`);
  return ip;
};

export const macOf = (text: string): Mac => {
  const mac = parseMac(text);
  if (mac === undefined) throw new Error(`${text} is no MAC address`);
  return mac;
};

/** A station that keeps what it hears. */
export class Listener implements Station {
  readonly name: string;
  mac: number;
  readonly heard: { readonly atUs: number; readonly frame: Frame; readonly type: ArrivalType }[] = [];
  readonly attachment: Attachment;
  readonly served = new Set<Ip>();
  /** Told what is meant for it, or for all. */
  heardFrame: ((frame: Frame) => void) | undefined;
  readonly #scheduler: Scheduler;

  constructor(name: string, mac: string, segment: Segment, scheduler: Scheduler) {
    this.name = name;
    this.mac = macNumber(macOf(mac));
    this.#scheduler = scheduler;
    this.attachment = segment.attach(this);
  }

  receive(frame: Frame, type: ArrivalType): void {
    this.heard.push({ atUs: this.#scheduler.nowUs, frame, type });
    if (type !== arrivalTypes.otherHost) this.heardFrame?.(frame);
  }

  serves(ip: Ip): boolean {
    return this.served.has(ip);
  }
}

function rethrow(exception: unknown): never {
  throw exception;
}

export interface SimulatedNode {
  readonly kernel: Kernel;
  readonly nic: Nic;
}

export class Stage {
  readonly scheduler = new Scheduler();
  readonly trace = new Trace(this.scheduler);
  readonly lines: string[] = [];
  readonly segment: Segment;
  /** As `12.5 n1 +192.0.2.100`, in milliseconds. */
  readonly answering: string[] = [];
  readonly seed: number;
  /** What else is to be told. */
  readonly told: Pick<Observer, 'datagram'> = {};

  constructor({ seed = 1, ...options }: SwitchOptions & { readonly seed?: number } = {}) {
    this.seed = seed;
    this.segment = new Segment('lan', options, this);
    this.trace.listener = (line) => this.lines.push(formatLine(line));
  }

  get dependencies() {
    const { scheduler, trace, seed } = this;
    return { scheduler, trace, seed };
  }

  get nowMs(): number {
    return this.scheduler.nowUs / 1000;
  }

  advance(ms: number): void {
    this.scheduler.runUntil(this.scheduler.nowUs + ms * 1000);
  }

  /** Its last digit is the number. */
  listener(number: number): Listener {
    return new Listener(`h${number}`, `02:50:00:00:00:0${number}`, this.segment, this.scheduler);
  }

  /** Node n1 has 192.0.2.1 and 02:00:00:00:00:01 on eth0, which has index 2; and so on. */
  node(number: number): SimulatedNode {
    const kernel = new Kernel(`n${number}`, {
      ...this.dependencies,
      observer: {
        datagram: (...told) => this.told.datagram?.(...told),
        answering: (node, _segment, ip, isAnswering) =>
          void this.answering.push(`${this.nowMs} ${node} ${isAnswering ? '+' : '-'}${ip}`),
      },
    });
    const mac = macOf(`02:00:00:00:00:0${number}`);
    const addresses = [`192.0.2.${number}/24`];
    const nic = kernel.addNic({ index: 2, name: 'eth0', mac, addresses, segment: this.segment });
    return { kernel, nic };
  }

  thread(name: string): Thread {
    const time = new NodeTime(this.scheduler, { originMs: 1000, fastPpm: 0 });
    return new Thread({ name, scheduler: this.scheduler, time, failed: rethrow });
  }
}
