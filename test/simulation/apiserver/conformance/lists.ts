// Lists: pages, selectors, forms.
import { ipAddressPools } from '#shared/api/ip-address-pool.ts';
import { services } from '#shared/kube/resources.ts';
import type { Script } from './act.ts';
import { ask, createService, remove } from './ask.ts';

export function* lists(namespace: string): Script {
  const list = (what: string, parts: object = {}) =>
    ask(`list ${what}`, { verb: 'list', resource: services, namespace, limit: 500, ...parts });
  yield* list('nothing');
  const uids = new Map<string, string>();
  for (const [name, type, labels] of [
    ['e', 'LoadBalancer', { app: 'one' }],
    ['b', 'ClusterIP', {}],
    ['d', 'LoadBalancer', { app: 'two', tier: 'front' }],
    ['a', 'LoadBalancer', { tier: 'back' }],
    ['c-1', 'ClusterIP', { app: 'one' }],
    ['c', 'LoadBalancer', {}],
  ] as const) {
    const { uid } = yield* createService(namespace, name, type, { metadata: { labels } });
    uids.set(name, uid);
  }
  yield* list('all');
  const { continue: next } = yield* list('the first page', { limit: 4 });
  yield* createService(namespace, 'between');
  yield* remove(services, namespace, 'e', uids.get('e') ?? '');
  yield* list('the second page, of then', { limit: 4, continue: next });
  yield* list('all, of now');
  const { continue: selected } = yield* list('a selected page', { fieldSelector: 'spec.type=LoadBalancer', limit: 2 });
  yield* list('the selected rest', { fieldSelector: 'spec.type=LoadBalancer', limit: 2, continue: selected });
  for (const fieldSelector of [
    'spec.type!=LoadBalancer',
    'metadata.name=a',
    'spec.type=LoadBalancer,metadata.name!=a',
  ]) {
    yield* list(fieldSelector, { fieldSelector });
  }
  yield* list('a field that is not selectable', { fieldSelector: 'spec.loadBalancerClass=x' });
  for (const labelSelector of ['app=one', 'app', '!app', 'app!=one', 'app in (one,two),tier', 'tier notin (back)']) {
    yield* list(labelSelector, { labelSelector });
  }
  yield* list('metadata', { metadataOnly: true, limit: 2 });
  yield* list('an empty page token', { continue: 'nonsense' });
  yield* ask('list pools', { verb: 'list', resource: ipAddressPools, namespace, limit: 500 });
  const missing = { group: 'metallb.io', version: 'v1beta1', plural: 'nothings', kind: 'Nothing', namespaced: true };
  yield* ask('list a kind that is not there', { verb: 'list', resource: missing, namespace, limit: 500 });
}
