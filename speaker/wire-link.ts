// The cluster thread's end of the channel: says what is wanted, in chunks and only when it differs from what was said last; keeps what was
// observed last; passes on the wire thread's log lines.
import { kubeMetrics } from '#shared/kube/kube-metrics.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Counter, Metrics } from '#shared/runtime/metrics.ts';
import {
  desiredChunkAddresses,
  desiredMaxAddresses,
  type Channel,
  type DesiredAddress,
  type FromWire,
  type ToWire,
  type WireObserved,
} from './seam.ts';

export class WireLink {
  readonly #channel: Channel<ToWire, FromWire>;
  readonly #log: Log;
  readonly #limitReached: Counter;
  #generation = 0;
  #dropped = 0;
  #said: { readonly addresses: readonly DesiredAddress[]; readonly excludedInterfaces: readonly string[] } | undefined;
  #observation: WireObserved | undefined;

  /** `observed`: `observation` is a new one. */
  constructor(
    channel: Channel<ToWire, FromWire>,
    { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
    observed: () => void,
  ) {
    this.#channel = channel;
    this.#log = log;
    this.#limitReached = kubeMetrics(metrics).limitReached;
    channel.onMessage((message) => {
      if (message.kind === 'observed') this.#observe(message, observed);
      else if (message.kind === 'fatal') log.error({}, `the wire thread fails: ${message.message}`);
    });
  }

  /** Undefined until the wire thread knows the machine's interfaces. */
  get observation(): WireObserved | undefined {
    return this.#observation;
  }

  /** The wire thread does what was said last. */
  get upToDate(): boolean {
    return this.#observation?.generation === this.#generation;
  }

  say(addresses: readonly DesiredAddress[], excludedInterfaces: readonly string[]): void {
    if (addresses.length > desiredMaxAddresses) this.#limitReached.add({ limit: 'desiredAddresses' });
    const next = { addresses: addresses.slice(0, desiredMaxAddresses), excludedInterfaces };
    if (deepEqual(next, this.#said)) return;
    this.#said = next;
    this.#generation++;
    const chunks = Math.max(1, Math.ceil(next.addresses.length / desiredChunkAddresses));
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = chunk * desiredChunkAddresses;
      this.#channel.post({
        kind: 'desired',
        generation: this.#generation,
        chunk,
        chunks,
        addresses: next.addresses.slice(from, from + desiredChunkAddresses),
        excludedInterfaces,
      });
    }
    this.#countDropped();
  }

  #countDropped(): void {
    const { dropped } = this.#channel;
    if (dropped > this.#dropped) this.#limitReached.add({ limit: 'unreadMessages' }, dropped - this.#dropped);
    this.#dropped = dropped;
  }

  #observe(observation: WireObserved, observed: () => void): void {
    this.#observation = observation;
    for (const { level, fields, message } of observation.log) this.#log[level](fields, message);
    observed();
  }
}
