// How many IPv4 routes a peer has given that never says the same twice, and in how many UPDATEs and octets.
import { machineMs } from './machine-time.ts';

/** What has come of one kind: routes, or withdrawals. */
export interface Heard {
  readonly prefixes: number;
  /** Those with prefixes, so without End-of-RIB. */
  readonly updates: number;
  readonly octets: number;
  /** Of the last one, on the machine's clock. */
  readonly lastMs: number;
}

const headerOctets = 19;
const nothing: Heard = { prefixes: 0, updates: 0, octets: 0, lastMs: Number.NaN };

export class TableCount {
  announced = nothing;
  withdrawn = nothing;
  #wait: { readonly isOver: () => boolean; readonly over: () => void } | undefined;

  get size(): number {
    return this.announced.prefixes - this.withdrawn.prefixes;
  }

  /** A whole message. */
  update(octets: Buffer): void {
    const withdrawnAt = headerOctets + 2;
    const attributesAt = withdrawnAt + octets.readUInt16BE(headerOctets) + 2;
    const nlriAt = attributesAt + octets.readUInt16BE(attributesAt - 2);
    const gone = prefixesIn(octets, withdrawnAt, attributesAt - 2);
    const come = prefixesIn(octets, nlriAt, octets.length);
    if (come > 0) this.announced = more(this.announced, come, octets.length);
    if (gone > 0) this.withdrawn = more(this.withdrawn, gone, octets.length);
    if (this.#wait?.isOver() === true) this.#wait.over();
  }

  /** Resolves when there are so many. */
  reaches(size: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const isOver = (): boolean => this.size === size;
    this.#wait = { isOver, over: resolve };
    if (isOver()) resolve();
    return promise;
  }
}

function more({ prefixes, updates, octets }: Heard, count: number, length: number): Heard {
  return { prefixes: prefixes + count, updates: updates + 1, octets: octets + length, lastMs: machineMs() };
}

function prefixesIn(octets: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; count++) at += 1 + (((octets[at] ?? 0) + 7) >> 3);
  return count;
}
