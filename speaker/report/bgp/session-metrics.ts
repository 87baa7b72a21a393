// Metrics of BGP sessions, under MetalLB's names where it has one. They are set when they are scraped; those of a peer that is gone go with it.
import type { Metrics } from '#shared/runtime/metrics.ts';
import type { BgpView } from '../../bgp-view.ts';
import type { RfcState } from '../../bgp/peer-state.ts';
import type { SessionStatus } from '../../bgp/session-status.ts';
import { CounterSeries, GaugeSeries, type Sample } from '../series.ts';
import { peerLabel } from './peer-label.ts';

const states: Readonly<Record<RfcState, number>> = {
  Idle: 0,
  Connect: 1,
  Active: 2,
  OpenSent: 3,
  OpenConfirm: 4,
  Established: 5,
};

/** What one session adds to a metric; labels besides that of the peer. */
type Values = (session: SessionStatus) => readonly Sample[];

interface Declaration {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly values: Values;
}

const gauges: readonly Declaration[] = [
  {
    name: 'metallb_bgp_session_up',
    help: '1 while the session is Established',
    values: one(({ state }) => Number(state === 'Established')),
  },
  {
    name: 'metallb_bgp_announced_prefixes_total',
    help: 'Prefixes that the peer holds',
    values: one(({ prefixes }) => prefixes.IPv4 + prefixes.IPv6),
  },
  {
    name: 'metallb_bgp_pending_prefixes_total',
    help: 'Prefixes that the peer is still to be told of',
    values: one(({ pendingPrefixes }) => pendingPrefixes),
  },
  {
    name: 'ingot_bgp_state',
    help: 'State of RFC 4271: 0 Idle, 1 Connect, 2 Active, 3 OpenSent, 4 OpenConfirm, 5 Established',
    values: one(({ state }) => states[state]),
  },
  {
    name: 'ingot_bgp_unsent_octets',
    help: 'Octets that the kernel has not taken yet',
    values: one(({ unsentOctets }) => unsentOctets),
  },
  {
    name: 'ingot_bgp_sync_seconds',
    help: 'From Established to the last End-of-RIB of this session',
    values: ({ syncMs }) => (syncMs === undefined ? [] : [{ labels: {}, value: syncMs / 1000 }]),
  },
];

const counters: readonly Declaration[] = [
  { name: 'metallb_bgp_updates_total', help: 'UPDATEs sent', values: one(({ counters: { sent } }) => sent.update) },
  {
    name: 'metallb_bgp_updates_total_received',
    help: 'UPDATEs received',
    values: one(({ counters: { received } }) => received.update),
  },
  { name: 'metallb_bgp_opens_sent', help: 'OPENs sent', values: one(({ counters: { sent } }) => sent.open) },
  {
    name: 'metallb_bgp_opens_received',
    help: 'OPENs received',
    values: one(({ counters: { received } }) => received.open),
  },
  {
    name: 'metallb_bgp_notifications_sent',
    help: 'NOTIFICATIONs sent',
    values: one(({ counters: { notificationsSent } }) => sumOf(notificationsSent)),
  },
  {
    name: 'metallb_bgp_keepalives_sent',
    help: 'KEEPALIVEs sent',
    values: one(({ counters: { sent } }) => sent.keepalive),
  },
  {
    name: 'metallb_bgp_keepalives_received',
    help: 'KEEPALIVEs received',
    values: one(({ counters: { received } }) => received.keepalive),
  },
  {
    name: 'ingot_bgp_resets_total',
    help: 'Established sessions that ended, by why',
    labels: ['reason'],
    values: byKey(
      ({ resets }) => resets,
      (reason) => ({ reason }),
    ),
  },
  {
    name: 'ingot_bgp_notifications_sent_total',
    help: 'NOTIFICATIONs sent, by code and subcode',
    labels: ['code', 'subcode'],
    values: byKey(({ notificationsSent }) => notificationsSent, codes),
  },
  {
    name: 'ingot_bgp_notifications_received_total',
    help: 'NOTIFICATIONs received, by code and subcode',
    labels: ['code', 'subcode'],
    values: byKey(({ notificationsReceived }) => notificationsReceived, codes),
  },
  {
    name: 'ingot_bgp_received_prefixes_total',
    help: 'Prefixes that the peer has sent, and that nobody uses',
    labels: ['family', 'kind'],
    values: byKey(({ receivedPrefixes }) => receivedPrefixes, familyAndKind),
  },
  {
    name: 'ingot_bgp_update_errors_total',
    help: 'UPDATEs that were wrong, by what became of them',
    labels: ['consequence'],
    values: byKey(
      ({ updateErrors }) => updateErrors,
      (consequence) => ({ consequence }),
    ),
  },
];

export class SessionMetrics {
  readonly #series: readonly (readonly [Values, GaugeSeries | CounterSeries])[];

  constructor(metrics: Metrics) {
    this.#series = [
      ...gauges.map(
        ({ name, help, labels = [], values }) =>
          [values, new GaugeSeries(metrics.gauge(name, help, ['peer', ...labels]))] as const,
      ),
      ...counters.map(
        ({ name, help, labels = [], values }) =>
          [values, new CounterSeries(metrics.counter(name, help, ['peer', ...labels]))] as const,
      ),
    ];
  }

  update({ peers }: BgpView): void {
    const sessions = peers.flatMap((peer) =>
      peer.session === undefined ? [] : [{ peer: peerLabel(peer), session: peer.session }],
    );
    for (const [values, series] of this.#series) {
      series.replace(
        sessions.flatMap(({ peer, session }) =>
          values(session).map(({ labels, value }) => ({ labels: { peer, ...labels }, value })),
        ),
      );
    }
  }
}

function one(value: (session: SessionStatus) => number): Values {
  return (session) => [{ labels: {}, value: value(session) }];
}

function byKey(
  counts: (counters: SessionStatus['counters']) => ReadonlyMap<string, number>,
  labelsOf: (key: string) => Sample['labels'],
): Values {
  return ({ counters: of }) => Array.from(counts(of), ([key, value]) => ({ labels: labelsOf(key), value }));
}

/** From `6/2`. */
function codes(key: string): Sample['labels'] {
  const [code = '', subcode = ''] = key.split('/');
  return { code, subcode };
}

/** From `IPv4 announced`. */
function familyAndKind(key: string): Sample['labels'] {
  const [family = '', kind = ''] = key.split(' ');
  return { family, kind };
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
