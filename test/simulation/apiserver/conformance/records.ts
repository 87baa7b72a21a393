// Leases and Events.
import { events, leases } from '#shared/kube/resources.ts';
import type { Script } from './act.ts';
import { ask } from './ask.ts';

const otherUid = '00000000-0000-4000-8000-000000000000';

export function* records(namespace: string): Script {
  yield* elections(namespace);
  yield* happenings(namespace);
}

function* elections(namespace: string): Script {
  const target = { resource: leases, namespace } as const;
  const name = 'elected';
  const body = (spec: object, metadata: object = {}) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, ...metadata },
    spec: {
      holderIdentity: 'a_1',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      renewTime: '2026-01-01T00:00:00.000000Z',
      ...spec,
    },
  });
  const create = (what: string, spec: object) =>
    ask(`create Lease: ${what}`, { verb: 'create', ...target, body: body(spec) });
  const update = (what: string, spec: object, metadata: object) =>
    ask(`update Lease: ${what}`, { verb: 'update', ...target, name, body: body(spec, metadata) });
  yield* ask('get no Lease', { verb: 'get', ...target, name });
  yield* create('that lasts no time', { leaseDurationSeconds: 0 });
  const first = yield* create('new', {});
  yield* create('again', { holderIdentity: 'b_2' });
  const held = { uid: first.uid, resourceVersion: first.resourceVersion };
  const second = yield* update('renewed', { renewTime: '2026-01-01T00:00:02.000000Z' }, held);
  yield* update('by one who is late', { holderIdentity: 'b_2' }, held);
  yield* update('without a version', { holderIdentity: 'b_2' }, {});
  const fresh = { resourceVersion: second.resourceVersion };
  yield* update('of another uid', { holderIdentity: 'b_2' }, { ...fresh, uid: otherUid });
  yield* update('as it is', { renewTime: '2026-01-01T00:00:02.000000Z' }, fresh);
  yield* update('given up', { holderIdentity: '', leaseDurationSeconds: 1 }, fresh);
  yield* ask('get Lease', { verb: 'get', ...target, name });
}

function* happenings(namespace: string): Script {
  const target = { resource: events, namespace } as const;
  const regarding = { apiVersion: 'v1', kind: 'Service', namespace, name: 'web', uid: otherUid };
  const event = (name: string, fields: object) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace, name },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'metallb-controller',
    reportingInstance: 'controller-0',
    regarding,
    type: 'Normal',
    reason: 'IPAllocated',
    action: 'Allocate',
    note: 'Assigned',
    ...fields,
  });
  const create = (what: string, name: string, fields: object = {}) =>
    ask(`create Event: ${what}`, { verb: 'create', ...target, body: event(name, fields) });
  const patch = (what: string, body: object) =>
    ask(`patch Event: ${what}`, { verb: 'patch', patch: 'merge', ...target, name: 'web.1', body });
  yield* create('new', 'web.1');
  yield* create('again', 'web.1');
  yield* create('without action', 'web.2', { action: '' });
  yield* create('without reason', 'web.2', { reason: undefined });
  yield* create('with an odd type', 'web.2', { type: 'Bad' });
  yield* create('with a long note', 'web.2', { note: 'é'.repeat(513) });
  yield* create('with a note just so long', 'web.3', { note: 'é'.repeat(512) });
  yield* create('about another namespace', 'web.4', { regarding: { ...regarding, namespace: 'other' } });
  yield* create('about something without one', 'web.5', { regarding: { ...regarding, namespace: undefined } });
  yield* create('by nobody', 'web.6', { reportingController: undefined });
  yield* create('at no time', 'web.7', { eventTime: undefined });
  yield* patch('a series', { series: { count: 2, lastObservedTime: '2026-01-01T00:01:00.000000Z' } });
  yield* patch('the note', { note: 'other' });
  yield* patch('the reason', { reason: 'Other' });
  yield* ask('list Events', { verb: 'list', ...target, fieldSelector: `regarding.uid=${otherUid}`, limit: 500 });
}
