// What takes an address from its owner though nothing was declared: its machine, its link or its speaker fails for longer than the speakers wait,
// or the LAN between them does.
import type { Ip } from '#shared/net/ip.ts';
import type { Fault } from '../faults/fault.ts';
import type { Observer, ProcessRef } from '../observer.ts';
import { lanOfIp } from '../world/address-plan.ts';
import { Alive } from './alive.ts';
import { afterEffectsMs, restartMs, toleratedPauseMs } from './bounds.ts';

/** Somewhere in all of this; what is not said is anything. */
interface Place {
  readonly node?: string;
  readonly ip?: Ip;
  readonly lan?: number | undefined;
}

/** Undefined: nowhere. */
type Where = Place | undefined;

interface Ended {
  readonly where: Where;
  readonly untilUs: number;
}

/** Forgotten when they no longer matter. */
const mostEnded = 200;
/** A speaker that dies twice within so long has used up what others wait for it. */
const twiceUs = 15_000_000;

export class Disturbances implements Observer {
  readonly #nodes: number;
  readonly #nowUs: () => number;
  readonly #active = new Set<Fault>();
  #ended: readonly Ended[] = [];
  /** Speakers that do not run: since when. */
  readonly #away = new Map<string, number>();
  readonly #alive = new Alive();
  readonly #lastDeathUs = new Map<string, number>();

  constructor(nodes: number, nowUs: () => number) {
    this.#nodes = nodes;
    this.#nowUs = nowUs;
  }

  /** Another node may take the address from this one. */
  excuses(node: string, ip: Ip): boolean {
    const concerns = (where: Where): boolean => where !== undefined && isWithin(where, node, ip);
    for (const fault of this.#active) if (concerns(whereOf(fault))) return true;
    const nowUs = this.#nowUs();
    if (this.#ended.some(({ where, untilUs }) => untilUs >= nowUs && concerns(where))) return true;
    return this.#isMissed(node) || 2 * this.#disturbedNodes().size >= this.#nodes;
  }

  /** It hears and is heard again: until it has heard what happened, it goes on as before. */
  isReturning(node: string): boolean {
    const since = this.#nowUs();
    return this.#ended.some(({ where, untilUs }) => untilUs >= since && where?.node === node);
  }

  faultBegan(fault: Fault): void {
    this.#active.add(fault);
  }

  faultEnded(fault: Fault): void {
    this.#active.delete(fault);
    this.#rest(whereOf(fault), afterEffectsMs[fault.kind]);
  }

  started(process: ProcessRef): void {
    const { program, node } = process;
    if (!this.#alive.started(process) || program !== 'speaker') return;
    if (this.#isMissed(node)) this.#rest({ node }, afterEffectsMs.crash);
    this.#away.delete(node);
  }

  ended(process: ProcessRef): void {
    const { program, node } = process;
    if (!this.#alive.ended(process) || program !== 'speaker') return;
    const nowUs = this.#nowUs();
    if (nowUs - (this.#lastDeathUs.get(node) ?? -Infinity) < twiceUs) this.#rest({ node }, afterEffectsMs.crash);
    this.#lastDeathUs.set(node, nowUs);
    this.#away.set(node, nowUs);
  }

  /** Where it is half of them, those who are left are a minority, and what they claimed is not worth as much. */
  #disturbedNodes(): ReadonlySet<string> {
    const found = new Set<string>();
    const add = (where: Where): void => {
      if (where?.node !== undefined) found.add(where.node);
    };
    for (const fault of this.#active) add(whereOf(fault));
    for (const { where, untilUs } of this.#ended) if (untilUs >= this.#nowUs()) add(where);
    for (const node of this.#away.keys()) if (this.#isMissed(node)) found.add(node);
    return found;
  }

  #isMissed(node: string): boolean {
    const sinceUs = this.#away.get(node);
    return sinceUs !== undefined && this.#nowUs() - sinceUs > restartMs * 1000;
  }

  #rest(where: Where, ms: number): void {
    if (where === undefined) return;
    this.#ended = [...this.#ended, { where, untilUs: this.#nowUs() + ms * 1000 }].slice(-mostEnded);
  }
}

function isWithin(where: Place, node: string, ip: Ip): boolean {
  if (where.node !== undefined && where.node !== node) return false;
  if (where.ip !== undefined && where.ip !== ip) return false;
  return where.lan === undefined || where.lan === lanOfIp(ip);
}

/** Undefined: nobody loses anything by it. */
function whereOf(fault: Fault): Where {
  switch (fault.kind) {
    case 'power loss':
    case 'kernel hang':
    case 'slow':
    case 'killed while writing':
    case 'kube-proxy stuck':
    case 'wrong key':
      return { node: fault.node };
    case 'carrier loss':
    case 'flap':
    case 'deaf':
    case 'mute':
    case 'unicasts lost':
      return { node: fault.node, lan: fault.lan ?? 0 };
    case 'freeze':
      return fault.forMs > toleratedPauseMs ? { node: fault.node } : undefined;
    case 'pause':
      return fault.program === 'speaker' && fault.thread !== 'cluster' && fault.forMs > toleratedPauseMs
        ? { node: fault.node }
        : undefined;
    case 'foreign claim':
      return { ip: fault.ip };
    case 'partition':
    case 'udp filtered':
    case 'multicast filtered':
    case 'loss in bursts':
      return { lan: fault.lan };
    case 'loss':
      return fault.percent > 5 ? { lan: fault.lan } : undefined;
    default:
      return undefined;
  }
}
