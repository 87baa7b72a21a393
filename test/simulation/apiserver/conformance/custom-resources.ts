// Pools and status objects: what a status subresource keeps apart, generations, schemas, and who may delete what.
import type { Resource } from '#shared/kube/kube-api.ts';
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { serviceL2Statuses } from '#shared/api/service-l2-status.ts';
import { apiVersionOf } from '#shared/kube/resources.ts';
import type { Script } from './act.ts';
import { ask, remove } from './ask.ts';

const otherUid = '00000000-0000-4000-8000-000000000000';

function object(resource: Resource, name: string, parts: object): object {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { name }, ...parts };
}

export function* customResources(namespace: string): Script {
  yield* pools(namespace);
  yield* statuses(namespace);
}

function* pools(namespace: string): Script {
  const target = { resource: ipAddressPools, namespace } as const;
  const create = (what: string, name: string, parts: object) =>
    ask(`create pool: ${what}`, { verb: 'create', ...target, body: object(ipAddressPools, name, parts) });
  const patch = (what: string, body: object, parts: object = {}) =>
    ask(`patch pool: ${what}`, {
      verb: 'patch',
      patch: 'merge',
      ...target,
      name: 'lan',
      body,
      ...parts,
    });
  const patchStatus = (what: string, status: object, metadata: object = {}) =>
    patch(what, { metadata, status }, { subresource: 'status' });
  const usage = { assignedIPv4: 1, assignedIPv6: 0, availableIPv4: 3, availableIPv6: 0 };
  const created = yield* create('with a status', 'lan', { spec: { addresses: ['192.0.2.0/30'] }, status: usage });
  yield* create('again', 'lan', { spec: { addresses: ['192.0.2.0/30'] } });
  yield* create('without addresses', 'odd', { spec: {} });
  yield* create('without spec', 'odd', {});
  yield* create('with an odd name', 'Odd_', { spec: { addresses: ['192.0.2.0/30'] } });
  yield* create('with text for a flag', 'odd', { spec: { addresses: ['192.0.2.0/30'], autoAssign: 'yes' } });
  yield* patchStatus('a status', usage);
  yield* patchStatus('the same status', usage);
  yield* patchStatus('a status and labels', { ...usage, assignedIPv4: 2 }, { labels: { app: 'x' } });
  yield* patchStatus('a negative number', { assignedIPv4: -1 });
  yield* patchStatus('a number that is none', { assignedIPv4: 'one' });
  yield* patchStatus('a stale version', { assignedIPv4: 3 }, { resourceVersion: created.resourceVersion });
  yield* patchStatus('another uid', { assignedIPv4: 3 }, { uid: otherUid });
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Ready',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  yield* patchStatus('a condition', { conditions: [ready] });
  yield* patchStatus('a condition twice', { conditions: [ready, ready] });
  yield* patchStatus('a condition without a reason', { conditions: [{ ...ready, reason: '' }] });
  yield* patchStatus('a condition at no time', { conditions: [{ ...ready, lastTransitionTime: 'now' }] });
  yield* patch('the spec', { spec: { addresses: ['192.0.2.0/29'] }, status: { assignedIPv4: 9 } });
  yield* patch('the same spec', { spec: { addresses: ['192.0.2.0/29'] } });
  const labelled = yield* patch('labels', { metadata: { labels: { app: 'x' } } });
  yield* patch('strategic', { spec: { autoAssign: false } }, { patch: 'strategic' });
  yield* patch('no address left', { spec: { addresses: [] } });
  const whole = (metadata: object) => ({
    ...object(ipAddressPools, 'lan', { spec: { addresses: ['192.0.2.0/28'] } }),
    metadata: { name: 'lan', namespace, ...metadata },
  });
  const update = (what: string, metadata: object) =>
    ask(`update pool: ${what}`, { verb: 'update', ...target, name: 'lan', body: whole(metadata) });
  yield* update('without a version', {});
  yield* update('with a stale one', { resourceVersion: created.resourceVersion });
  yield* update('with another uid', { resourceVersion: labelled.resourceVersion, uid: otherUid });
  yield* update('with its own', { resourceVersion: labelled.resourceVersion });
  yield* ask('get pool', { verb: 'get', ...target, name: 'lan' });
  yield* ask('get no pool', { verb: 'get', ...target, name: 'nowhere' });
  yield* ask('list pools', { verb: 'list', ...target, limit: 500 });
  yield* remove(ipAddressPools, namespace, 'lan', created.uid);
}

function* statuses(namespace: string): Script {
  const target = { resource: serviceL2Statuses, namespace } as const;
  const name = 'l2-0123456789abcdef';
  const status = { node: 'n1', serviceName: 'web', serviceNamespace: 'default', interfaces: [{ name: 'eth0' }] };
  const create = (what: string, where = namespace) =>
    ask(`create status: ${what}`, {
      verb: 'create',
      resource: serviceL2Statuses,
      namespace: where,
      body: {
        ...object(serviceL2Statuses, name, { status }),
        metadata: { name, namespace: where, labels: { 'metallb.io/node': 'n1' } },
      },
    });
  const patch = (what: string, fields: object) =>
    ask(`patch status: ${what}`, {
      verb: 'patch',
      patch: 'merge',
      subresource: 'status',
      ...target,
      name,
      body: { status: fields },
    });
  yield* create('in no namespace', 'nowhere');
  const { uid } = yield* create('new');
  yield* create('again');
  yield* patch('whole', status);
  yield* patch('another node', { node: 'n2' });
  yield* patch('addresses', { ips: ['192.0.2.1', '192.0.2.2'] });
  yield* patch('an address twice', { ips: ['192.0.2.1', '192.0.2.1'] });
  yield* patch('no addresses', { ips: null });
  yield* patch('a long name', { interfaces: [{ name: 'a-name-that-is-too-long' }] });
  yield* patch('a name less', { node: null });
  yield* ask('list by label', { verb: 'list', ...target, labelSelector: 'metallb.io/node=n1', limit: 500 });
  yield* remove(serviceL2Statuses, namespace, name, otherUid);
  yield* remove(serviceL2Statuses, namespace, name, uid);
  yield* create('anew');
}
