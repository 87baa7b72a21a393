import { expect, test } from 'vitest';
import { BfdMetrics } from '#speaker/report/bgp/bfd-metrics.ts';
import { RecordedMetrics } from '#test/simulation/recorder.ts';
import { bgpView, observedBfd, peerView } from './views.ts';

test('a BFD session has its metrics, once for all peers that share it, and none when it is gone', () => {
  const recorded = new RecordedMetrics();
  const metrics = new BfdMetrics(recorded);
  const value = (name: string) => recorded.values.get(`${name}{peer="192.0.2.1"}`);
  const shared = ['left', 'right'].map((name) => peerView({ name, bfd: observedBfd() }));
  metrics.update(bgpView({ peers: shared }));
  expect(value('metallb_bfd_session_up')).toBe(1);
  expect(value('metallb_bfd_control_packet_input')).toBe(4);
  expect(value('metallb_bfd_control_packet_output')).toBe(5);
  expect(value('metallb_bfd_session_up_events')).toBe(1);
  expect(value('metallb_bfd_session_down_events')).toBe(0);
  expect(value('ingot_bfd_detect_seconds')).toBeUndefined();
  const counters = { sent: 9, received: 6, dropped: 0, ups: 1, downs: 1 };
  const down = observedBfd({ state: 'down', failures: 1, lastDetectionMs: 912, counters });
  metrics.update(bgpView({ peers: [peerView({ bfd: down })] }));
  expect(value('metallb_bfd_session_up')).toBe(0);
  expect(value('metallb_bfd_control_packet_output')).toBe(9);
  expect(value('metallb_bfd_session_down_events')).toBe(1);
  expect(value('ingot_bfd_detect_seconds')).toBe(0.912);
  metrics.update(bgpView({ peers: [peerView()] }));
  expect([...recorded.values]).toEqual([]);
});
