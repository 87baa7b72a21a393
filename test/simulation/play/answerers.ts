// Who answered for which address, and when: the owner time line of a report.
import type { Ip } from '#shared/net/ip.ts';
import type { Observer } from '../observer.ts';

export interface AnswererChange {
  readonly atUs: number;
  readonly node: string;
  readonly isAnswering: boolean;
}

const keptChanges = 100;

export class Answerers implements Observer {
  readonly #nowUs: () => number;
  readonly #changes = new Map<string, AnswererChange[]>();
  readonly #now = new Map<string, Set<string>>();

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** The last changes, oldest first. */
  of(ip: string): readonly AnswererChange[] {
    return this.#changes.get(ip) ?? [];
  }

  /** The nodes that answer now. */
  now(ip: Ip): readonly string[] {
    return [...(this.#now.get(ip) ?? [])];
  }

  answering(node: string, _segment: string, ip: Ip, isAnswering: boolean): void {
    const nodes = this.#now.get(ip) ?? new Set();
    this.#now.set(ip, nodes);
    if (isAnswering) nodes.add(node);
    else nodes.delete(node);
    const changes = this.#changes.get(ip) ?? [];
    this.#changes.set(ip, changes);
    changes.push({ atUs: this.#nowUs(), node, isAnswering });
    if (changes.length > keptChanges) changes.shift();
  }
}
