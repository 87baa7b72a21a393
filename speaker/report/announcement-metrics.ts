// Metrics of what this node announces, under MetalLB's names where it has one. A series goes away with what it is about.
import type { Counter, Gauge, Labels, Metrics } from '#shared/runtime/metrics.ts';
import type { ObservedAddress, WireCounter, WireObserved } from '../seam.ts';
import type { ShownService } from './shown-services.ts';

type AddressCount = keyof ObservedAddress['counters'];

export class AnnouncementMetrics {
  readonly #node: string;
  readonly #metrics: Metrics;
  readonly #announced: GaugeSeries;
  readonly #owned: GaugeSeries;
  readonly #byAddress: Readonly<Record<AddressCount, CounterSeries>>;
  readonly #ofWire = new Map<string, CounterSeries>();

  constructor(options: { readonly node: string }, metrics: Metrics) {
    this.#node = options.node;
    this.#metrics = metrics;
    const announcedLabels = ['service', 'protocol', 'node', 'ip'];
    this.#announced = new GaugeSeries(
      metrics.gauge('metallb_speaker_announced', 'Services announced from this node', announcedLabels),
    );
    this.#owned = new GaugeSeries(
      metrics.gauge('ingot_addresses_owned', 'Addresses that this node answers for, by interface', ['segment']),
    );
    const layer2 = (name: string, help: string): CounterSeries =>
      new CounterSeries(metrics.counter(`metallb_layer2_${name}`, help, ['ip']));
    this.#byAddress = {
      requests: layer2('requests_received', 'Layer 2 requests received for owned addresses'),
      replies: layer2('responses_sent', 'Layer 2 responses sent for owned addresses'),
      announcements: layer2('gratuitous_sent', 'Gratuitous layer 2 packets sent for owned addresses'),
    };
  }

  update(shown: readonly ShownService[], observation: WireObserved): void {
    const announced = shown.flatMap(({ service: { key }, ips }) =>
      ips.map((ip) => ({ labels: { service: key, protocol: 'layer2', node: this.#node, ip }, value: 1 })),
    );
    this.#announced.replace(announced);
    const segments = Map.groupBy(
      observation.addresses.flatMap(({ interfaces }) => interfaces),
      (segment) => segment,
    );
    this.#owned.replace([...segments].map(([segment, { length }]) => ({ labels: { segment }, value: length })));
    for (const count of ['requests', 'replies', 'announcements'] as const) {
      const totals = observation.addresses.map(({ ip, counters }) => ({ labels: { ip }, value: counters[count] }));
      this.#byAddress[count].replace(totals);
    }
    const counters = Map.groupBy(observation.counters, ({ name }) => name);
    for (const name of new Set([...counters.keys(), ...this.#ofWire.keys()])) {
      const samples = counters.get(name) ?? [];
      this.#wireSeries(name, samples).replace(samples.map(({ labels, total }) => ({ labels, value: total })));
    }
  }

  #wireSeries(name: string, [first]: readonly WireCounter[]): CounterSeries {
    const known = this.#ofWire.get(name);
    if (known !== undefined) return known;
    const labelNames = Object.keys(first?.labels ?? {});
    const series = new CounterSeries(this.#metrics.counter(name, 'Counted by the wire thread', labelNames));
    this.#ofWire.set(name, series);
    return series;
  }
}

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A gauge that shows exactly the samples given last. */
class GaugeSeries {
  readonly #gauge: Gauge;
  #shown: ReadonlyMap<string, Labels> = new Map();

  constructor(gauge: Gauge) {
    this.#gauge = gauge;
  }

  replace(samples: readonly Sample[]): void {
    const shown = new Map(samples.map(({ labels }) => [Object.values(labels).join('\n'), labels]));
    for (const [key, labels] of this.#shown) if (!shown.has(key)) this.#gauge.remove(labels);
    for (const { labels, value } of samples) this.#gauge.set(labels, value);
    this.#shown = shown;
  }
}

/** A counter fed with totals. One that goes back has begun anew. */
class CounterSeries {
  readonly #counter: Counter;
  #totals: ReadonlyMap<string, Sample> = new Map();

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  replace(samples: readonly Sample[]): void {
    const totals = new Map(samples.map((sample) => [Object.values(sample.labels).join('\n'), sample]));
    for (const [key, { labels }] of this.#totals) if (!totals.has(key)) this.#counter.remove(labels);
    for (const [key, { labels, value }] of totals) {
      const before = this.#totals.get(key)?.value ?? 0;
      this.#counter.add(labels, value >= before ? value - before : value);
    }
    this.#totals = totals;
  }
}
