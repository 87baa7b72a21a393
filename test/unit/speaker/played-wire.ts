// The wire thread played for a whole speaker: it takes every complete generation and answers the addresses in it where the test says.
import type { Ip } from '#shared/net/ip.ts';
import type { DesiredAddress, WireObserved } from '#speaker/seam.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { FakeChannel } from './fake-channel.ts';
import { observed } from './views.ts';

const delayMs = 1;

export class PlayedWire {
  readonly channel: FakeChannel;
  /** Where an address is answered once it is owned. */
  interfacesOf: (ip: Ip) => readonly string[] = () => ['eth0'];
  /** Beside addresses and generation. */
  fields: Partial<WireObserved> = {};

  constructor(clock: VirtualClock) {
    this.channel = new FakeChannel(({ chunk, chunks }) => {
      if (chunk === chunks - 1) clock.after(delayMs, () => this.report());
    });
  }

  /** Of the newest generation. */
  get owned(): readonly DesiredAddress[] {
    const { desired } = this.channel;
    return desired.filter(({ generation }) => generation === this.#generation).flatMap(({ addresses }) => addresses);
  }

  report(): void {
    const counters = { requests: 0, replies: 0, announcements: 0 };
    const addresses = this.owned.map(({ ip }) => ({ ip, interfaces: this.interfacesOf(ip), counters }));
    this.channel.receive(observed({ generation: this.#generation, addresses, ...this.fields }));
  }

  get #generation(): number {
    return this.channel.desired.at(-1)?.generation ?? 0;
  }
}
