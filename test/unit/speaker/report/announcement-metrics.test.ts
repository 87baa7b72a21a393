import { beforeEach, expect, test } from 'vitest';
import { AnnouncementMetrics } from '#speaker/report/announcement-metrics.ts';
import type { ShownService } from '#speaker/report/shown-services.ts';
import { RecordedMetrics } from '#test/simulation/recorder.ts';
import { ip, observed, observedAddress, observedSegment, service } from '../views.ts';

let recorded: RecordedMetrics;
let metrics: AnnouncementMetrics;
const shown: ShownService = {
  service: service('shop', []),
  ips: [ip('192.0.2.200')],
  parts: [{ segment: undefined, ips: [ip('192.0.2.200')], interfaces: ['eth0'] }],
};
const counted = (requests: number) =>
  observed({
    addresses: [observedAddress('192.0.2.200', ['eth0'], { counters: { requests, replies: 0, announcements: 0 } })],
  });
const requests = 'metallb_layer2_requests_received{ip="192.0.2.200"}';

beforeEach(() => {
  recorded = new RecordedMetrics();
  metrics = new AnnouncementMetrics({ node: 'n1' }, recorded);
});

test('an announced address has a series until it is announced no more', () => {
  const series = 'metallb_speaker_announced{service="web/shop",protocol="layer2",node="n1",ip="192.0.2.200"}';
  metrics.update([shown], counted(0));
  expect(recorded.values.get(series)).toBe(1);
  expect(recorded.values.get('ingot_addresses_owned{segment="eth0"}')).toBe(1);
  metrics.update([], observed());
  expect(recorded.values.has(series)).toBe(false);
  expect(recorded.values.has('ingot_addresses_owned{segment="eth0"}')).toBe(false);
});

test('packets of an address are counted up from totals, and forgotten with it', () => {
  metrics.update([shown], counted(3));
  metrics.update([shown], counted(5));
  expect(recorded.values.get(requests)).toBe(5);
  metrics.update([], observed());
  expect(recorded.values.has(requests)).toBe(false);
  metrics.update([shown], counted(2));
  expect(recorded.values.get(requests)).toBe(2);
});

test('a total that goes back was begun anew', () => {
  metrics.update([shown], counted(5));
  metrics.update([shown], counted(2));
  expect(recorded.values.get(requests)).toBe(7);
});

const total = (count: number) => [{ name: 'ingot_wire_stalls_total', labels: { limit: 'late' }, total: count }];

test('what the wire thread counts appears under its own names', () => {
  metrics.update([], observed({ counters: total(1) }));
  metrics.update([], observed({ counters: total(4) }));
  expect(recorded.values.get('ingot_wire_stalls_total{limit="late"}')).toBe(4);
});

test('members of a LAN are counted by their state', () => {
  metrics.update([], observed({ segments: [observedSegment({ members: { up: 4, suspect: 1 } })] }));
  expect(recorded.values.get('ingot_segment_members{segment="eth0",state="up"}')).toBe(4);
  metrics.update([], observed({ segments: [observedSegment({ members: { up: 5 } })] }));
  expect(recorded.values.get('ingot_segment_members{segment="eth0",state="up"}')).toBe(5);
  expect(recorded.values.has('ingot_segment_members{segment="eth0",state="suspect"}')).toBe(false);
});

test('addresses that wait to be announced are shown for each LAN', () => {
  metrics.update([], observed({ segments: [observedSegment({ announcementsQueued: 7 })] }));
  expect(recorded.values.get('ingot_announcements_queued{segment="eth0"}')).toBe(7);
  metrics.update([], observed({ segments: [] }));
  expect(recorded.values.has('ingot_announcements_queued{segment="eth0"}')).toBe(false);
});
