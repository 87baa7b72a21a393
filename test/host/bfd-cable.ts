// A cable between this node and its peer, with addresses of all kinds, and the BFD that is spoken over it.
import { expect } from 'vitest';
import type { WantedBfd } from '#speaker/seam.ts';
import { ip } from '#test/lab/network/namespace.ts';
import { BfdNode, monotonicMs, wantedBfd } from './bfd-node.ts';
import { createCable, type Cable } from './cable.ts';

export interface Pair {
  readonly name: string;
  readonly own: string;
  readonly peer: string;
  readonly bits: number;
  readonly linkLocal?: true;
}

export const ipv4: Pair = { name: 'IPv4', own: '192.0.2.11', peer: '192.0.2.1', bits: 24 };
export const ipv6: Pair = { name: 'IPv6', own: '2001:db8:b::11', peer: '2001:db8:b::1', bits: 64 };
const linkLocal: Pair = { name: 'link-local', own: 'fe80::b:11', peer: 'fe80::b:1', bits: 64, linkLocal: true };
export const pairs = [ipv4, ipv6, linkLocal];

/** On a machine that others use as well; idle, 20 ms do (spec/bgp §18). */
const busyMachineMs = 60;
const multiplier = 3;

/** When something happened: between these. */
export interface Moment {
  readonly from: number;
  readonly to: number;
}

export class BfdCable {
  readonly cable: Cable;
  #nodes: BfdNode[] = [];

  private constructor(cable: Cable) {
    this.cable = cable;
  }

  static async create(): Promise<BfdCable> {
    const cable = await createCable('bfd', `${ipv4.peer}/${ipv4.bits}`);
    await ip(
      pairs.map((pair) => addressLine(pair, pair.peer, cable.far.name)),
      cable.namespace,
    );
    await ip(pairs.map((pair) => addressLine(pair, pair.own, cable.near.name)));
    return new BfdCable(cable);
  }

  /** Of the peer. */
  get namespace(): string {
    return this.cable.namespace ?? '';
  }

  async remove(): Promise<void> {
    for (const node of this.#nodes) await node.stop();
    this.#nodes = [];
    await this.cable.remove();
  }

  /** One of ours, on this node or in a namespace. */
  start(namespace?: string): BfdNode {
    const node = new BfdNode(namespace);
    this.#nodes.push(node);
    return node;
  }

  towardsPeer(pair: Pair, changes: Partial<WantedBfd> = {}): WantedBfd {
    return wantedBfd(pair.peer, { device: pair.linkLocal && this.cable.near.name, ...changes });
  }

  towardsUs(pair: Pair, changes: Partial<WantedBfd> = {}): WantedBfd {
    return wantedBfd(pair.own, { device: pair.linkLocal && this.cable.far.name, ...changes });
  }

  /** Two of ours, both Up. */
  async upPair(pair: Pair, changes: Partial<WantedBfd> = {}): Promise<readonly [BfdNode, BfdNode]> {
    const [ours, theirs] = [this.start(), this.start(this.namespace)];
    ours.want(this.towardsPeer(pair, changes));
    theirs.want(this.towardsUs(pair, changes));
    await Promise.all([ours.reaches('up'), theirs.reaches('up')]);
    return [ours, theirs];
  }

  async cut(): Promise<Moment> {
    const from = monotonicMs();
    await ip([`link set ${this.cable.far.name} down`], this.namespace);
    return { from, to: monotonicMs() };
  }
}

/** From the cut to Down: not before the detection time can be over, and soon after. The multiplier is 3. */
export function expectDetection(downMs: number, cut: Moment, detectionMs: number): void {
  const leastMs = detectionMs - detectionMs / multiplier - busyMachineMs;
  expect(downMs - cut.from).toBeGreaterThan(leastMs);
  expect(downMs - cut.to).toBeLessThan(Math.max(1.1 * detectionMs, detectionMs + busyMachineMs));
}

function addressLine({ bits }: Pair, address: string, device: string): string {
  return `addr replace ${address}/${bits} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}
