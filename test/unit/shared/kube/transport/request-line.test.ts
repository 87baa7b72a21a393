import { describe, expect, test } from 'vitest';
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { namespaces, services } from '#shared/kube/resources.ts';
import { httpRequest, httpWatch } from '#shared/kube/transport/request-line.ts';
import { things } from '../objects/thing.ts';

const writer = { fieldManager: 'ingot-controller', fieldValidation: 'Warn' } as const;
const written = 'fieldManager=ingot-controller&fieldValidation=Warn';
const inWeb = { namespace: 'web', name: 'a' };
const body = { a: 1 };

test.each<[string, KubeRequest, string, string]>([
  ['a core kind', { verb: 'get', resource: services, ...inWeb }, 'GET', '/api/v1/namespaces/web/services/a'],
  [
    'a kind of a group',
    { verb: 'get', resource: things, ...inWeb },
    'GET',
    '/apis/test.dev/v1/namespaces/web/things/a',
  ],
  ['a cluster-scoped kind', { verb: 'get', resource: namespaces, name: 'web' }, 'GET', '/api/v1/namespaces/web'],
  ['all namespaces', { verb: 'list', resource: services, limit: 500 }, 'GET', '/api/v1/services?limit=500'],
  [
    'a selection',
    {
      verb: 'list',
      resource: services,
      limit: 5,
      fieldSelector: 'spec.type=LoadBalancer',
      labelSelector: '!a',
      continue: 'x=',
    },
    'GET',
    '/api/v1/services?labelSelector=%21a&fieldSelector=spec.type%3DLoadBalancer&limit=5&continue=x%3D',
  ],
  [
    'creating',
    { verb: 'create', resource: things, namespace: 'web', body },
    'POST',
    `/apis/test.dev/v1/namespaces/web/things?${written}`,
  ],
  [
    'updating',
    { verb: 'update', resource: things, ...inWeb, body },
    'PUT',
    `/apis/test.dev/v1/namespaces/web/things/a?${written}`,
  ],
  [
    'patching a status',
    { verb: 'patch', patch: 'merge', subresource: 'status', resource: things, ...inWeb, body },
    'PATCH',
    `/apis/test.dev/v1/namespaces/web/things/a/status?${written}`,
  ],
  [
    'deleting',
    { verb: 'delete', resource: things, ...inWeb, uid: 'u' },
    'DELETE',
    '/apis/test.dev/v1/namespaces/web/things/a',
  ],
  [
    'a name that is none',
    { verb: 'get', resource: services, namespace: '../x', name: 'a/b?c' },
    'GET',
    '/api/v1/namespaces/..%2Fx/services/a%2Fb%3Fc',
  ],
])('%s', (_, request, method, path) => {
  expect(httpRequest(request, writer)).toMatchObject({ method, path });
});

describe('media types', () => {
  test.each([
    ['strategic', 'application/strategic-merge-patch+json'],
    ['merge', 'application/merge-patch+json'],
  ] as const)('of a %s patch', (patch, type) => {
    const request = httpRequest({ verb: 'patch', patch, resource: things, ...inWeb, body }, writer);
    expect(request).toMatchObject({ headers: { 'content-type': type }, body: '{"a":1}' });
  });

  test('of metadata only', () => {
    const selection = { resource: namespaces, metadataOnly: true };
    expect(httpRequest({ verb: 'list', ...selection, limit: 1 }, writer).headers['accept']).toBe(
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    );
    expect(httpWatch({ ...selection, resourceVersion: '1', timeoutSeconds: 600 }).headers['accept']).toBe(
      'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    );
  });

  test('only lists come packed', () => {
    expect(httpRequest({ verb: 'list', resource: things, limit: 1 }, writer).headers).toHaveProperty('accept-encoding');
    expect(httpRequest({ verb: 'get', resource: things, ...inWeb }, writer).headers).not.toHaveProperty(
      'accept-encoding',
    );
    expect(httpWatch({ resource: things, timeoutSeconds: 1 }).headers).not.toHaveProperty('accept-encoding');
  });
});

test('deleting is by uid', () => {
  const { body: options } = httpRequest({ verb: 'delete', resource: things, ...inWeb, uid: 'u' }, writer);
  expect(JSON.parse(options ?? '')).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u' } });
});

test('a watch goes on from a version, or lists first', () => {
  const selection = { resource: things, namespace: 'web', timeoutSeconds: 700 };
  const path = '/apis/test.dev/v1/namespaces/web/things?watch=true&allowWatchBookmarks=true&timeoutSeconds=700';
  expect(httpWatch({ ...selection, resourceVersion: '7' }).path).toBe(`${path}&resourceVersion=7`);
  expect(httpWatch({ ...selection, sendInitialEvents: true }).path).toBe(
    `${path}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  );
});
