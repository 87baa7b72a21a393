// What the controller writes on Services, and what could be wrong with it.
import { services } from '#shared/kube/resources.ts';
import type { Script } from './act.ts';
import { ask, createService, patchService, patchStatus, remove } from './ask.ts';

const otherUid = '00000000-0000-4000-8000-000000000000';
const allocated = {
  type: 'ingot.dev/Allocated',
  status: 'True',
  reason: 'Allocated',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const foreign = { ...allocated, type: 'example.com/Foreign', message: 'theirs' };
const ingress = (...entries: readonly object[]): object => ({ status: { loadBalancer: { ingress: entries } } });
const conditions = (...entries: readonly object[]): object => ({ status: { conditions: entries } });

export function* serviceStatus(namespace: string): Script {
  const first = yield* createService(namespace, 'web', 'LoadBalancer', {
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } },
  });
  yield* createService(namespace, 'web');
  yield* patchStatus('a foreign condition', namespace, 'web', conditions(foreign));
  const { resourceVersion: stale } = first;
  yield* patchStatus('for a stale version', namespace, 'web', { metadata: { resourceVersion: stale }, ...ingress() });
  yield* patchStatus('for another uid', namespace, 'web', { metadata: { uid: otherUid }, ...conditions(allocated) });
  const allocation = {
    metadata: { annotations: { 'metallb.io/ip-allocated-from-pool': 'a' } },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] }, conditions: [allocated] },
  };
  yield* patchStatus('an allocation', namespace, 'web', allocation);
  yield* patchStatus('the same again', namespace, 'web', allocation);
  yield* patchStatus('a spec and labels beside it', namespace, 'web', {
    metadata: { labels: { app: 'web' } },
    spec: { type: 'ClusterIP' },
  });
  yield* patchService('a status beside the spec', namespace, 'web', {
    metadata: { annotations: { 'example.com/other': 'x' } },
    ...ingress({ ip: '192.0.2.7' }),
  });
  yield* ask('metadata only', {
    verb: 'patch',
    patch: 'strategic',
    subresource: 'status',
    resource: services,
    namespace,
    name: 'web',
    body: conditions({ ...allocated, message: 'changed' }),
    metadataOnly: true,
  });
  yield* patchStatus('one condition less', namespace, 'web', conditions({ $patch: 'delete', type: allocated.type }));
  yield* patchStatus('a release', namespace, 'web', {
    metadata: { annotations: { 'metallb.io/ip-allocated-from-pool': null } },
    status: { loadBalancer: { ingress: null }, conditions: [{ ...allocated, status: 'False', reason: 'NoPools' }] },
  });
  yield* patchStatus('missing', namespace, 'nowhere', conditions(allocated));
  yield* oddAddresses(namespace);
  yield* oddConditions(namespace);
  yield* otherTypes(namespace);
  yield* remove(services, namespace, 'web', otherUid);
  yield* remove(services, namespace, 'web', first.uid);
  yield* remove(services, namespace, 'web', first.uid);
}

function* oddAddresses(namespace: string): Script {
  const entries: readonly (readonly [what: string, ...entries: object[]])[] = [
    ['no mode', { ip: '192.0.2.1' }],
    ['a host name', { hostname: 'web.example' }],
    ['a mode without address', { hostname: 'web.example', ipMode: 'VIP' }],
    ['an unknown mode', { ip: '192.0.2.1', ipMode: 'Direct' }],
    ['leading zeros', { ip: '192.0.02.1' }],
    ['an IPv4-mapped address', { ip: '::ffff:192.0.2.1' }],
    ['a zone', { ip: 'fe80::1%eth0' }],
    ['no address at all', { ip: 'web' }],
    ['upper case', { ip: '2001:DB8::1' }],
    ['uncompressed', { ip: '2001:db8:0:0:0:0:0:1' }],
    ['the same twice', { ip: '192.0.2.1' }, { ip: '192.0.2.1' }],
    ['an address as host name', { hostname: '192.0.2.1' }],
    ['an empty address', { ip: '' }],
    ['nothing', {}],
  ];
  for (const [what, ...list] of entries) yield* patchStatus(`ingress: ${what}`, namespace, 'web', ingress(...list));
}

function* oddConditions(namespace: string): Script {
  const { reason: _reason, ...unreasoned } = allocated;
  const { lastTransitionTime: _time, ...timeless } = allocated;
  const entries: readonly (readonly [what: string, ...entries: object[]])[] = [
    ['an empty reason', { ...allocated, reason: '' }],
    ['no reason', { ...unreasoned, type: 'example.com/Unreasoned' }],
    ['an empty type', { ...allocated, type: '' }],
    ['an unknown status', { ...allocated, status: 'Maybe' }],
    ['no time', { ...timeless, type: 'example.com/Timeless' }],
    ['an odd type', { ...allocated, type: 'no type' }],
    ['a long message', { ...allocated, message: 'x'.repeat(40_000) }],
  ];
  for (const [what, ...list] of entries)
    yield* patchStatus(`condition: ${what}`, namespace, 'web', conditions(...list));
}

function* otherTypes(namespace: string): Script {
  const classed = { loadBalancerClass: 'example.com/class' };
  yield* createService(namespace, 'classed', 'LoadBalancer', { spec: classed });
  yield* patchStatus('an allocation of a class', namespace, 'classed', ingress({ ip: '192.0.2.3', ipMode: 'VIP' }));
  yield* patchService('it becomes another type', namespace, 'classed', { spec: { type: 'ClusterIP' } });
  yield* patchStatus('ingress of another type', namespace, 'classed', ingress({ ip: '192.0.2.3' }));
  yield* patchStatus('a condition of another type', namespace, 'classed', conditions(allocated));
  yield* patchService('it comes back', namespace, 'classed', { spec: { type: 'LoadBalancer' } });
  const { uid } = yield* patchService('a label', namespace, 'classed', { metadata: { labels: { app: 'x' } } });
  yield* remove(services, namespace, 'classed', uid);
}
