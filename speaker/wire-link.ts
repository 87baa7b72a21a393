// The cluster thread's end of the channel: says what is wanted and what surrounds it, only when it differs from what was said last; keeps what
// was observed last; passes on what the wire thread has to say to people.
import { kubeMetrics } from '#shared/kube/kube-metrics.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Log } from '#shared/runtime/log.ts';
import type { Counter, Metrics } from '#shared/runtime/metrics.ts';
import {
  desiredChunkAddresses,
  desiredMaxAddresses,
  type Channel,
  type FromWire,
  type OwnerChange,
  type ToWire,
  type WireObserved,
  type WireRouting,
  type WireSurroundings,
} from './seam.ts';
import type { DesiredAddress } from './segment/ownership/desired-address.ts';

export type Surroundings = Omit<WireSurroundings, 'kind' | 'sequence'>;
export type Routing = Omit<WireRouting, 'kind' | 'sequence'>;

/** In one line of the log. */
const mostAddressesInLine = 100;

export class WireLink {
  readonly #channel: Channel<ToWire, FromWire>;
  readonly #log: Log;
  readonly #limitReached: Counter;
  #generation = 0;
  #sequence = 0;
  #dropped = 0;
  #addresses: readonly DesiredAddress[] | undefined;
  #surroundings: Surroundings | undefined;
  #routing: Routing = { bfd: [], unnumbered: [] };
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

  surround(surroundings: Surroundings): void {
    if (deepEqual(surroundings, this.#surroundings)) return;
    this.#surroundings = surroundings;
    this.#channel.post({ kind: 'surroundings', sequence: ++this.#sequence, ...surroundings });
    this.#countDropped();
  }

  route(routing: Routing): void {
    if (deepEqual(routing, this.#routing)) return;
    this.#routing = routing;
    this.#channel.post({ kind: 'routing', sequence: ++this.#sequence, ...routing });
    this.#countDropped();
  }

  want(all: readonly DesiredAddress[]): void {
    if (all.length > desiredMaxAddresses) this.#limitReached.add({ limit: 'desiredAddresses' });
    const addresses = all.length > desiredMaxAddresses ? all.slice(0, desiredMaxAddresses) : all;
    if (this.#addresses !== undefined && sameAddresses(addresses, this.#addresses)) return;
    this.#addresses = addresses;
    this.#generation++;
    const chunks = Math.max(1, Math.ceil(addresses.length / desiredChunkAddresses));
    for (let chunk = 0; chunk < chunks; chunk++) {
      const from = chunk * desiredChunkAddresses;
      const some = addresses.slice(from, from + desiredChunkAddresses);
      this.#channel.post({ kind: 'desired', generation: this.#generation, chunk, chunks, addresses: some });
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
    this.#tell(observation.ownerChanges);
    observed();
  }

  /** When a node fails hundreds of addresses move at once, for one cause. */
  #tell(changes: readonly OwnerChange[]): void {
    const alike = Map.groupBy(changes, ({ segment, owns, cause }) => `${segment} ${owns} ${cause}`);
    for (const group of alike.values()) {
      for (let from = 0; from < group.length; from += mostAddressesInLine) {
        const some = group.slice(from, from + mostAddressesInLine);
        const [{ segment, owns, cause } = { segment: '', owns: false, cause: 'new' }] = some;
        const fields = { segment, cause, ips: some.map(({ ip }) => ip) };
        this.#log.info(fields, owns ? 'this node owns addresses now' : 'this node owns addresses no more');
      }
    }
  }
}

/** Thousands of addresses share few sets of candidates: each pair of sets is compared once. */
function sameAddresses(a: readonly DesiredAddress[], b: readonly DesiredAddress[]): boolean {
  if (a.length !== b.length) return false;
  const same = new Map<DesiredAddress['candidates'], DesiredAddress['candidates']>();
  const sameCandidates = (x: DesiredAddress['candidates'], y: DesiredAddress['candidates']): boolean => {
    if (same.get(x) === y) return true;
    if (!deepEqual(x, y)) return false;
    same.set(x, y);
    return true;
  };
  return a.every((address, index) => {
    const other = b[index];
    return (
      other !== undefined &&
      address.ip === other.ip &&
      address.placementKey === other.placementKey &&
      address.answer === other.answer &&
      address.release === other.release &&
      sameCandidates(address.candidates, other.candidates)
    );
  });
}
