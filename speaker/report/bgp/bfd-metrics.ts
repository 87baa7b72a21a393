// Metrics of the BFD sessions with BGP peers, under MetalLB's names where it has one. Peers of one address share a session, and its series.
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { BgpView } from '../../bgp-view.ts';
import type { ObservedBfd } from '../../seam.ts';
import { CounterSeries, GaugeSeries } from '../series.ts';
import { hostLabel } from './peer-label.ts';

type Count = 'input' | 'output' | 'ups' | 'downs';

export class BfdMetrics {
  readonly #up: GaugeSeries;
  readonly #detectSeconds: GaugeSeries;
  readonly #counters: Readonly<Record<Count, CounterSeries>>;

  constructor(metrics: Metrics) {
    const gauge = (name: string, help: string): GaugeSeries => new GaugeSeries(metrics.gauge(name, help, ['peer']));
    const counter = (name: string, help: string): CounterSeries =>
      new CounterSeries(metrics.counter(`metallb_bfd_${name}`, help, ['peer']));
    this.#up = gauge('metallb_bfd_session_up', '1 while the BFD session is Up');
    this.#detectSeconds = gauge(
      'ingot_bfd_detect_seconds',
      'How long the peer had been silent when it was last missed',
    );
    this.#counters = {
      input: counter('control_packet_input', 'BFD control packets received'),
      output: counter('control_packet_output', 'BFD control packets sent'),
      ups: counter('session_up_events', 'How often the BFD session became Up'),
      downs: counter('session_down_events', 'How often the BFD session was Up no longer'),
    };
  }

  update({ peers }: BgpView): void {
    const sessions = new Map(
      peers.flatMap((peer) => (peer.bfd === undefined ? [] : [[hostLabel(peer), peer.bfd] as const])),
    );
    const samples = (value: (bfd: ObservedBfd) => number) =>
      Array.from(sessions, ([peer, bfd]) => ({ labels: { peer }, value: value(bfd) }));
    this.#up.replace(samples(({ state }) => Number(state === 'up')));
    this.#detectSeconds.replace(
      [...sessions].flatMap(([peer, { lastDetectionMs }]) =>
        lastDetectionMs === undefined ? [] : [{ labels: { peer }, value: lastDetectionMs / 1000 }],
      ),
    );
    this.#counters.input.replace(samples(({ counters }) => counters.received));
    this.#counters.output.replace(samples(({ counters }) => counters.sent));
    this.#counters.ups.replace(samples(({ counters }) => counters.ups));
    this.#counters.downs.replace(samples(({ counters }) => counters.downs));
  }
}
