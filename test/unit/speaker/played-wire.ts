// The wire thread played for a whole speaker: it takes every complete generation and owns those of its addresses that the test says.
import type { Ip } from '#shared/net/ip.ts';
import type { WireObserved } from '#speaker/seam.ts';
import type { DesiredAddress } from '#speaker/segment/ownership/desired-address.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { FakeChannel } from './fake-channel.ts';
import { nodeId, observed, observedAddress } from './views.ts';

const delayMs = 1;

export class PlayedWire {
  readonly channel: FakeChannel;
  /** Beside addresses and generation. */
  fields: Partial<WireObserved> = {};
  /** Where an address is owned, if this node is a candidate for it; nowhere: another node owns it. */
  segmentsOf: (ip: Ip) => readonly string[];
  readonly #node: string;

  constructor(node: string, clock: VirtualClock, segmentsOf: (ip: Ip) => readonly string[]) {
    this.#node = node;
    this.segmentsOf = segmentsOf;
    this.channel = new FakeChannel(({ chunk, chunks }) => {
      if (chunk === chunks - 1) clock.after(delayMs, () => this.report());
    });
  }

  /** Of the newest generation. */
  get wanted(): readonly DesiredAddress[] {
    const { desired } = this.channel;
    return desired.filter(({ generation }) => generation === this.#generation).flatMap(({ addresses }) => addresses);
  }

  /** Those that this node may own. */
  get eligible(): readonly Ip[] {
    return this.wanted.filter(({ candidates }) => candidates.has(nodeId(this.#node))).map(({ ip }) => ip);
  }

  report(fields: Partial<WireObserved> = {}): void {
    const eligible = new Set(this.eligible);
    const addresses = this.wanted
      .filter(({ ip }) => eligible.has(ip) && this.segmentsOf(ip).length > 0)
      .map(({ ip, answer }) => observedAddress(ip, this.segmentsOf(ip), { answering: answer }));
    this.channel.receive(observed({ generation: this.#generation, addresses, ...this.fields, ...fields }));
  }

  get #generation(): number {
    return this.channel.desired.at(-1)?.generation ?? 0;
  }
}
