import { beforeEach, expect, test } from 'vitest';
import type { RecordedEvent } from '#shared/kube/event-recorder.ts';
import type { SessionStatus } from '#speaker/bgp/session-status.ts';
import { SessionEvents } from '#speaker/report/bgp/session-events.ts';
import { peers } from '../../desired/bgp/manifests.ts';
import { bgpView, peerView, sessionStatus } from './views.ts';

const up = 'sessionEstablished: session with node "n1" is established';
const ended = (why: string): string => `sessionLost: session with node "n1" has ended: ${why}`;
const configured = peers(['router']);

let recorded: RecordedEvent[];
let events: SessionEvents;

beforeEach(() => {
  recorded = [];
  events = new SessionEvents({ node: 'n1' }, { record: (event) => recorded.push(event) });
});

function show(session?: Partial<SessionStatus>): void {
  const view = bgpView({ peers: session === undefined ? [] : [peerView({ session: sessionStatus(session) })] });
  events.update(view, configured);
}

const told = () => recorded.map(({ reason, note }) => `${reason}: ${note}`);

test('a session is told of when it is established and when it has ended, once each', () => {
  show({ state: 'Connect' });
  show({});
  show({});
  show({ state: 'Idle', lastError: 'hold timer expired' });
  show({ state: 'Connect', lastError: 'no route' });
  expect(told()).toEqual([up, ended('hold timer expired')]);
  expect(recorded.map(({ type }) => type)).toEqual(['Normal', 'Warning']);
  expect(recorded[0]?.regarding).toMatchObject({ kind: 'BGPPeer', uid: configured[0]?.uid });
});

test('one that ended and came back between two looks is told of', () => {
  show({ sinceMs: 1_000 });
  show({ sinceMs: 5_000, lastError: 'peer: Cease/Administrative Reset' });
  expect(told()).toEqual([up, ended('peer: Cease/Administrative Reset'), up]);
});

test('a session that is wanted no more ended as it was asked to', () => {
  show({});
  show();
  expect(told()).toEqual([up]);
});
