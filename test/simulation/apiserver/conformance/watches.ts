// Watches: from a version, of a selection, as streaming lists, from versions that are none.
import type { WatchRequest } from '#shared/kube/kube-api.ts';
import { namespaces, services } from '#shared/kube/resources.ts';
import type { Script } from './act.ts';
import { ask, createService, patchService, patchStatus, remove } from './ask.ts';

export function* watches(namespace: string): Script {
  const all: Omit<WatchRequest, 'resourceVersion'> = { resource: services, namespace, timeoutSeconds: 60 };
  const loadBalancers = { ...all, fieldSelector: 'spec.type=LoadBalancer' };
  const created = yield* createService(namespace, 'watched', 'ClusterIP');
  const from = { resourceVersion: created.resourceVersion };
  yield { kind: 'watch', name: 'from then on', request: { ...all, ...from } };
  yield { kind: 'watch', name: 'a selection', request: { ...loadBalancers, ...from } };
  yield { kind: 'watch', name: 'metadata', request: { ...loadBalancers, ...from, metadataOnly: true } };
  yield* patchService('becomes a load balancer', namespace, 'watched', { spec: { type: 'LoadBalancer' } });
  yield* patchStatus('an address', namespace, 'watched', {
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  });
  yield* patchService('nothing new', namespace, 'watched', { spec: { type: 'LoadBalancer' } });
  yield* patchService('is none any more', namespace, 'watched', { spec: { type: 'ClusterIP' } });
  yield* patchService('a label meanwhile', namespace, 'watched', { metadata: { labels: { app: 'x' } } });
  yield* patchService('is one again', namespace, 'watched', { spec: { type: 'LoadBalancer' } });
  const { uid } = created;
  yield* remove(services, namespace, 'watched', uid);
  yield { kind: 'watch', name: 'from then on, later', request: { ...all, ...from } };
  yield { kind: 'watch', name: 'a selection, later', request: { ...loadBalancers, ...from } };
  yield { kind: 'collect', name: 'from then on', events: 7 };
  yield { kind: 'collect', name: 'a selection', events: 6 };
  yield { kind: 'collect', name: 'metadata', events: 6 };
  yield { kind: 'collect', name: 'from then on, later', events: 7 };
  yield { kind: 'collect', name: 'a selection, later', events: 6 };
  yield { kind: 'watch', name: 'streamed', request: { ...loadBalancers, sendInitialEvents: true } };
  yield { kind: 'collect', name: 'streamed', events: 6 };
  yield {
    kind: 'watch',
    name: 'streamed metadata',
    request: { ...all, metadataOnly: true, labelSelector: 'app', sendInitialEvents: true },
  };
  yield { kind: 'collect', name: 'streamed metadata', events: 4 };
  const odd = { namespace: 'nowhere', resource: services, timeoutSeconds: 1 };
  for (const resourceVersion of ['1', 'x', '-1', '999999999']) {
    yield { kind: 'watch', name: `from ${resourceVersion}`, request: { ...odd, resourceVersion } };
    yield { kind: 'collect', name: `from ${resourceVersion}`, events: 9 };
  }
  yield { kind: 'watch', name: 'of no field', request: { ...all, fieldSelector: 'spec.colour=red', ...from } };
  yield { kind: 'collect', name: 'of no field', events: 9 };
  const missing = { group: 'metallb.io', version: 'v1beta1', plural: 'nothings', kind: 'Nothing', namespaced: true };
  yield { kind: 'watch', name: 'of no kind', request: { resource: missing, timeoutSeconds: 1, ...from } };
  yield { kind: 'collect', name: 'of no kind', events: 9 };
  yield* ask('get a namespace', { verb: 'get', resource: namespaces, name: namespace });
  yield { kind: 'watch', name: 'that ends', request: { ...odd, sendInitialEvents: true } };
  yield { kind: 'collect', name: 'that ends', events: 9 };
}
