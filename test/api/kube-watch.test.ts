// Lists and watches of a real kube-apiserver, as a watcher takes them for granted.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseNamespace } from '#shared/kube/objects/namespace.ts';
import { parseService } from '#shared/kube/objects/service.ts';
import { parseView } from '#shared/kube/objects/view.ts';
import { namespaces, services } from '#shared/kube/resources.ts';
import { eventually } from '#test/lab/eventually.ts';
import { createService, done, kubeClient, watch, type KubeClient, type KubeObject } from './kube-client.ts';

const namespace = 'kube-watch-test';
const selection = { resource: services, namespace, fieldSelector: 'spec.type=LoadBalancer' };
const soon = { withinMs: 5_000, everyMs: 20 };

let client: KubeClient;

beforeAll(async () => {
  client = await kubeClient(inject('apiserver').kubeconfigPath);
  await done(client, { verb: 'create', resource: namespaces, body: { metadata: { name: namespace } } });
});

afterAll(async () => {
  await client.api.stop();
});

describe('a watcher', () => {
  test('shows Services as they come, change, leave the selection and return', async () => {
    const { watcher, told } = watch(client, selection, parseService);
    await eventually(() => watcher.synced, soon);
    const { metadata } = await createService(client, namespace, 'come');
    const key = `${namespace}/come`;
    const wasTold = (line: string) => eventually(() => told.includes(`${key} ${line}`), soon);
    const become = (type: string) =>
      done(client, {
        verb: 'patch',
        patch: 'merge',
        resource: services,
        namespace,
        name: 'come',
        body: { spec: { type } },
      });
    await wasTold('changed');
    expect([...watcher.objects.values()].map(({ uid }) => uid)).toContain(metadata.uid);
    const { metadata: left } = await become('ClusterIP');
    await wasTold('gone');
    expect(left.uid).toBe(metadata.uid);
    told.length = 0;
    await become('LoadBalancer');
    await wasTold('changed');
    watcher.stop();
  });

  test('keeps the view of a Service when nothing changed that it shows', async () => {
    const { watcher, told } = watch(client, selection, parseService);
    await createService(client, namespace, 'same');
    const find = () => [...watcher.objects.values()].find(({ name }) => name === 'same');
    const before = await eventually(find, soon);
    const body = { metadata: { annotations: { 'example.com/other': 'x' } } };
    await done(client, { verb: 'patch', patch: 'merge', resource: services, namespace, name: 'same', body });
    await eventually(() => told.includes(`${namespace}/same same`), soon);
    expect(find()).toBe(before);
    watcher.stop();
  });

  test('gets names and labels only when it asks for metadata', async () => {
    const watched = watch(client, { resource: namespaces, metadataOnly: true }, parseNamespace);
    const find = () => [...watched.watcher.objects.values()].find(({ name }) => name === namespace);
    expect((await eventually(find, soon)).labels).toEqual({ 'kubernetes.io/metadata.name': namespace });
    watched.watcher.stop();
  });

  test('says which kind is missing', async () => {
    const resource = { group: 'metallb.io', version: 'v1', plural: 'nothings', kind: 'Nothing', namespaced: true };
    const { watcher } = watch(client, { resource, namespace }, (object) => parseView(object, (meta) => meta));
    expect(await eventually(() => watcher.blocked, soon)).toMatch(/^404 no such kind: /);
    expect(watcher.synced).toBe(false);
    watcher.stop();
  });

  test('lists anew and consistently when asked', async () => {
    const { watcher, told } = watch(client, selection, parseService);
    await eventually(() => watcher.synced, soon);
    await createService(client, namespace, 'fresh');
    watcher.relist();
    await eventually(() => told.filter((line) => line === 'synced').length === 2, soon);
    expect([...watcher.objects.values()].map(({ name }) => name)).toContain('fresh');
    watcher.stop();
  });
});

test('pages of a list follow each other and carry one version', async () => {
  const names = ['page-1', 'page-2', 'page-3'];
  for (const name of names) await createService(client, namespace, name, 'ClusterIP');
  const pages: KubeObject[] = [];
  let next: string | undefined = '';
  while (next !== undefined) {
    const from: { continue?: string } = next === '' ? {} : { continue: next };
    const page: KubeObject = await done(client, { verb: 'list', resource: services, namespace, limit: 2, ...from });
    pages.push(page);
    next = page.metadata.continue === '' ? undefined : page.metadata.continue;
  }
  const found = pages.flatMap(({ items }) => items as KubeObject[]).map(({ metadata }) => metadata.name);
  expect(found).toEqual(expect.arrayContaining(names));
  expect(new Set(pages.map(({ metadata }) => metadata.resourceVersion)).size).toBe(1);
});

test.each([true, false])('a page says how many objects follow it; metadata only: %s', async (metadataOnly) => {
  const all: KubeObject = await done(client, { verb: 'list', resource: services, namespace, limit: 500 });
  const page: KubeObject = await done(client, { verb: 'list', resource: services, namespace, limit: 1, metadataOnly });
  const following = (all.items as readonly unknown[]).length - 1;
  expect(following).toBeGreaterThan(0);
  expect(page.metadata).toMatchObject({ remainingItemCount: following });
});
