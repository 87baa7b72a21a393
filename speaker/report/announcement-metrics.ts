// Metrics of what this node announces and of its LANs, under MetalLB's names where it has one, as the wire thread reported them last. They are
// set when they are scraped.
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { ObservedAddress, WireCounter, WireObserved } from '../seam.ts';
import { CounterSeries, GaugeSeries } from './series.ts';
import type { ShownService } from './shown-services.ts';

type AddressCount = keyof ObservedAddress['counters'];

export class AnnouncementMetrics {
  readonly #node: string;
  readonly #metrics: Metrics;
  readonly #announced: GaugeSeries;
  readonly #owned: GaugeSeries;
  readonly #members: GaugeSeries;
  readonly #queued: GaugeSeries;
  readonly #byAddress: Readonly<Record<AddressCount, CounterSeries>>;
  readonly #ofWire = new Map<string, CounterSeries>();

  constructor(options: { readonly node: string }, metrics: Metrics) {
    this.#node = options.node;
    this.#metrics = metrics;
    const gauge = (name: string, help: string, labels: readonly string[]): GaugeSeries =>
      new GaugeSeries(metrics.gauge(name, help, labels));
    const announcedLabels = ['service', 'protocol', 'node', 'ip'];
    this.#announced = gauge('metallb_speaker_announced', 'Services announced from this node', announcedLabels);
    this.#owned = gauge('ingot_addresses_owned', 'Addresses that this node owns, by interface', ['segment']);
    this.#members = gauge('ingot_segment_members', 'Speakers that this node hears, by interface and state', [
      'segment',
      'state',
    ]);
    this.#queued = gauge('ingot_announcements_queued', 'Addresses that were taken and are not announced yet', [
      'segment',
    ]);
    const layer2 = (name: string, help: string): CounterSeries =>
      new CounterSeries(metrics.counter(`metallb_layer2_${name}`, help, ['ip']));
    this.#byAddress = {
      requests: layer2('requests_received', 'Layer 2 requests received for owned addresses'),
      replies: layer2('responses_sent', 'Layer 2 responses sent for owned addresses'),
      announcements: layer2('gratuitous_sent', 'Gratuitous layer 2 packets sent for owned addresses'),
    };
  }

  update(shown: readonly ShownService[], { addresses, segments, counters }: WireObserved): void {
    const announced = shown.flatMap(({ service: { key }, ips }) =>
      ips.map((ip) => ({ labels: { service: key, protocol: 'layer2', node: this.#node, ip }, value: 1 })),
    );
    this.#announced.replace(announced);
    this.#owned.replace([...ownedBySegment(addresses)].map(([segment, value]) => ({ labels: { segment }, value })));
    this.#members.replace(
      segments.flatMap(({ segment, members }) =>
        Object.entries(members).map(([state, value]) => ({ labels: { segment, state }, value })),
      ),
    );
    this.#queued.replace(
      segments.map(({ segment, announcementsQueued }) => ({ labels: { segment }, value: announcementsQueued })),
    );
    for (const count of ['requests', 'replies', 'announcements'] as const) {
      const totals = addresses.map(({ ip, counters: counted }) => ({ labels: { ip }, value: counted[count] }));
      this.#byAddress[count].replace(totals);
    }
    this.#updateWire(counters);
  }

  #updateWire(counters: readonly WireCounter[]): void {
    const byName = Map.groupBy(counters, ({ name }) => name);
    for (const name of new Set([...byName.keys(), ...this.#ofWire.keys()])) {
      const samples = byName.get(name) ?? [];
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

function ownedBySegment(addresses: readonly ObservedAddress[]): ReadonlyMap<string, number> {
  const owned = new Map<string, number>();
  for (const { segments } of addresses) {
    for (const { segment } of segments) owned.set(segment, (owned.get(segment) ?? 0) + 1);
  }
  return owned;
}
