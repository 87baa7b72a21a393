import { beforeEach, expect, test } from 'vitest';
import { cease } from '#speaker/bgp/notification.ts';
import { SessionCounts, type SessionStatus } from '#speaker/bgp/session-status.ts';
import { SessionMetrics } from '#speaker/report/bgp/session-metrics.ts';
import { RecordedMetrics } from '#test/simulation/recorder.ts';
import { ip } from '../../views.ts';
import { bgpView, peerView, sessionStatus } from './views.ts';

let recorded: RecordedMetrics;
let metrics: SessionMetrics;

beforeEach(() => {
  recorded = new RecordedMetrics();
  metrics = new SessionMetrics(recorded);
});

function show(session: Partial<SessionStatus>): ReadonlyMap<string, number> {
  metrics.update(bgpView({ peers: [peerView({ session: sessionStatus(session) })] }));
  return recorded.values;
}

/** With MetalLB's names and labels: dashboards depend on them. */
test('a session has all kept metrics', () => {
  const counters = new SessionCounts();
  Object.assign(counters.sent, { open: 1, update: 2, keepalive: 3 });
  Object.assign(counters.received, { open: 4, update: 5, keepalive: 6 });
  counters.ended(true, { kind: 'sent', notification: cease('shutdown'), why: 'x' });
  const values = show({ counters, prefixes: { IPv4: 7, IPv6: 8 }, pendingPrefixes: 9 });
  const kept = [...values].filter(([name]) => name.startsWith('metallb_')).map(([name, value]) => `${name} ${value}`);
  const peer = '{peer="192.0.2.1:179"}';
  expect(kept.toSorted()).toEqual([
    `metallb_bgp_announced_prefixes_total${peer} 15`,
    `metallb_bgp_keepalives_received${peer} 6`,
    `metallb_bgp_keepalives_sent${peer} 3`,
    `metallb_bgp_notifications_sent${peer} 1`,
    `metallb_bgp_opens_received${peer} 4`,
    `metallb_bgp_opens_sent${peer} 1`,
    `metallb_bgp_pending_prefixes_total${peer} 9`,
    `metallb_bgp_session_up${peer} 1`,
    `metallb_bgp_updates_total_received${peer} 5`,
    `metallb_bgp_updates_total${peer} 2`,
  ]);
});

test('a session has our own metrics, each count with its labels', () => {
  const counters = new SessionCounts();
  counters.ended(true, { kind: 'received', notification: cease('shutdown') });
  counters.ended(false, { kind: 'sent', notification: cease('collision'), why: 'x' });
  counters.receivedPrefixes.set('IPv6 ignored', 3);
  counters.updateErrors.set('treatAsWithdraw', 2);
  const values = show({ state: 'OpenConfirm', counters, unsentOctets: 100, syncMs: 250 });
  const value = (name: string, labels = '') => values.get(`${name}{peer="192.0.2.1:179"${labels}}`);
  expect(value('ingot_bgp_state')).toBe(4);
  expect(value('metallb_bgp_session_up')).toBe(0);
  expect(value('ingot_bgp_unsent_octets')).toBe(100);
  expect(value('ingot_bgp_sync_seconds')).toBe(0.25);
  expect(value('ingot_bgp_resets_total', ',reason="received 6/2"')).toBe(1);
  expect(value('ingot_bgp_notifications_received_total', ',code="6",subcode="2"')).toBe(1);
  expect(value('ingot_bgp_notifications_sent_total', ',code="6",subcode="7"')).toBe(1);
  expect(value('ingot_bgp_received_prefixes_total', ',family="IPv6",kind="ignored"')).toBe(3);
  expect(value('ingot_bgp_update_errors_total', ',consequence="treatAsWithdraw"')).toBe(2);
});

test('the time to be in sync is of this session, or absent', () => {
  expect(show({ syncMs: 250 }).has('ingot_bgp_sync_seconds{peer="192.0.2.1:179"}')).toBe(true);
  expect(show({ syncMs: undefined }).has('ingot_bgp_sync_seconds{peer="192.0.2.1:179"}')).toBe(false);
});

test('a peer that is gone, or whose session another process has, leaves nothing behind', () => {
  const counters = new SessionCounts();
  counters.ended(true, { kind: 'tcp', error: 'ECONNRESET' });
  expect(show({ counters }).size).toBeGreaterThan(10);
  metrics.update(bgpView());
  expect([...recorded.values]).toEqual([]);
  metrics.update(bgpView({ peers: [peerView({ session: undefined })] }));
  expect([...recorded.values]).toEqual([]);
});

test.each([
  [{ remote: ip('192.0.2.1'), port: 1790 }, '192.0.2.1:1790'],
  [{ remote: ip('192.0.2.1'), device: 'red' }, '192.0.2.1%red:179'],
  [{ remote: ip('2001:db8::1') }, '[2001:db8::1]:179'],
  [{ remote: ip('fe80::1'), device: 'eth1' }, '[fe80::1%eth1]:179'],
  [{ remote: undefined, device: 'eth1' }, '[%eth1]:179'],
])('a peer is named by where it is: %o', (fields, label) => {
  metrics.update(bgpView({ peers: [peerView(fields)] }));
  expect(recorded.values.get(`metallb_bgp_session_up{peer="${label}"}`)).toBe(1);
});
