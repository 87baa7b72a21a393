// The custom resources on a real kube-apiserver: it takes every definition, refuses what is wrong by name, and takes what is right.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { customResourceDefinition } from '#shared/api/custom-resource-definition.ts';
import type { Definition } from '#shared/api/definition.ts';
import { kinds } from '#shared/api/kinds.ts';
import { parseConfigObject } from '#shared/config/object.ts';
import { Client, type Answer, type Body } from './client.ts';
import { examples } from './crd-objects.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const namespace = 'crds-test';
const directory = join(import.meta.dirname, '../../crds');

let client: Client;

beforeAll(async () => {
  client = new Client();
  await client.create('/api/v1/namespaces', { metadata: { name: namespace } });
  // For about a second after a definition is established, its objects are still answered with 429.
  await vi.waitFor(() => everyKindIsServed(), { timeout: 10_000, interval: 100 });
});

afterAll(async () => {
  await client.delete(`/api/v1/namespaces/${namespace}`);
  await client.close();
});

async function everyKindIsServed(): Promise<void> {
  for (const definition of kinds) {
    const { status, body } = await client.get(collection(definition));
    if (status !== 200) throw new Error(body.message);
  }
}

function kindNamed(name: string): Definition {
  const found = kinds.find(({ resource }) => resource.kind === name);
  if (found === undefined) throw new Error(`no kind ${name}`);
  return found;
}

function collection({ resource }: Definition): string {
  return `/apis/${resource.group}/${resource.version}/namespaces/${namespace}/${resource.plural}`;
}

function create(definition: Definition, name: string, spec: object | undefined, query = ''): Promise<Answer> {
  const { group, version, kind } = definition.resource;
  const object = { apiVersion: `${group}/${version}`, kind, metadata: { name }, spec };
  return client.create(collection(definition) + query, object);
}

const dryRun = '?dryRun=All';

function condition(type: string): object {
  return { type, status: 'True', reason: 'Reason', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

async function made(kind: string, name: string, status: object): Promise<string> {
  const definition = kindNamed(kind);
  const { body } = await create(definition, name, examples[kind]?.valid ?? {});
  expect(body.message).toBeUndefined();
  const path = `${collection(definition)}/${name}/status`;
  expect(await client.merge(path, { status })).toMatchObject({ status: 200, body: { status } });
  return path;
}

describe.each(kinds.map((definition) => ({ kind: definition.resource.kind, definition })))(
  'the definition of $kind',
  ({ definition }) => {
    const { resource, columns } = definition;
    const path = `${crds}/${resource.plural}.${resource.group}`;
    const manifest = readFileSync(join(directory, `${resource.group}-${resource.plural}.yaml`), 'utf8');

    // Applied for real it would interrupt the watches of tests that run beside this one; they all stand on the definitions as generated.
    test('is accepted as generated', async () => {
      expect(await client.applyDry(path, manifest)).toMatchObject({ status: 200 });
    });

    test('is established and structural', async () => {
      const found = (await client.get(path)).body;
      const conditions = found['status'].conditions.map(({ type, status }: Body) => `${type}=${status}`);
      expect(conditions.toSorted()).toEqual(['Established=True', 'NamesAccepted=True']);
      expect(found['status'].storedVersions).toEqual([resource.version]);
      expect(found['spec'].conversion).toEqual({ strategy: 'None' });
      expect(found['spec'].names.shortNames).toBeUndefined();
      expect(found['spec'].names.categories).toBeUndefined();
      expect(found['spec'].preserveUnknownFields ?? false).toBe(false);
    });

    test('shows its columns', async () => {
      const { body } = await client.getTable(collection(definition));
      const shown = body['columnDefinitions'].map((column: Body) => column['name']);
      // Without columns of its own a kind gets those of the apiserver.
      const own = columns.length > 0 ? columns.map(({ name }) => name) : ['Age'];
      expect(shown).toEqual(['Name', ...own]);
    });

    test('stores its schema whole', async () => {
      const { body } = await client.get(path);
      const stored = body['spec'].versions[0];
      expect(stored).toMatchObject({
        name: resource.version,
        served: true,
        storage: true,
        subresources: { status: {} },
      });
      const ours = customResourceDefinition(definition) as Body;
      expect(stored.schema).toEqual(ours['spec'].versions[0].schema);
    });
  },
);

describe.each(Object.entries(examples))('%s', (kind, { valid, refused, accepted }) => {
  const definition = kindNamed(kind);

  test.each(refused)('with %s is refused', async (_, change, says) => {
    const { status, body } = await create(definition, 'refused', { ...valid, ...change }, dryRun);
    expect(body.message).toMatch(says);
    expect(status).toBe(422);
  });

  test.each([['nothing unusual', {}] as const, ...accepted])(
    'with %s is accepted and can be read',
    async (_, change) => {
      const { status, body } = await create(definition, 'accepted', { ...valid, ...change }, dryRun);
      expect(body.message).toBeUndefined();
      expect(status).toBe(201);
      expect(parseConfigObject(definition.spec)(body)).toMatchObject({
        view: { name: 'accepted', spec: body['spec'] },
      });
    },
  );

  test('loses fields that the schema does not know, and is accepted', async () => {
    const { status, body } = await create(definition, 'unknown-field', { ...valid, unknown: 1 }, dryRun);
    expect(status).toBe(201);
    expect(body['spec']).not.toHaveProperty('unknown');
  });

  test('without a spec is refused where it needs one', async () => {
    const { status, body } = await create(definition, 'no-spec', undefined, dryRun);
    expect(status).toBe(definition.specRequired ? 422 : 201);
    expect(body.message ?? '').toMatch(definition.specRequired ? /spec: Required value/ : /^$/);
  });
});

test.each([
  ['IPAddressPool', { autoAssign: true, avoidBuggyIPs: false }],
  ['BGPAdvertisement', { aggregationLength: 32, aggregationLengthV6: 128 }],
  ['BGPPeer', { peerPort: 179, linkBandwidth: false, disableMP: false, dualStackAddressFamily: false }],
])('%s gets its defaults', async (kind, defaults) => {
  const valid = examples[kind]?.valid ?? {};
  const { body } = await create(kindNamed(kind), 'defaults', valid, dryRun);
  expect(body['spec']).toEqual({ ...valid, ...defaults });
});

test('BGPPeer is not served as v1beta1', async () => {
  expect(await client.get('/apis/metallb.io/v1beta1/bgppeers')).toMatchObject({ status: 404 });
});

describe('status', () => {
  const usage = { assignedIPv4: 0, assignedIPv6: 0, availableIPv4: 0, availableIPv6: 0 };

  test('of a new object is dropped: it is written through its subresource', async () => {
    const definition = kindNamed('ConfigurationState');
    const { body } = await client.create(collection(definition), {
      apiVersion: 'metallb.io/v1beta1',
      kind: 'ConfigurationState',
      metadata: { name: 'created' },
      status: { result: 'Valid' },
    });
    expect(body).toMatchObject({ kind: 'ConfigurationState', metadata: { name: 'created' } });
    expect(body).not.toHaveProperty('status');
  });

  test('of an IPAddressPool takes numbers up to 2^53-1 and refuses what JSON makes of 2^63-1', async () => {
    const path = await made('IPAddressPool', 'usage', { ...usage, availableIPv6: Number.MAX_SAFE_INTEGER });
    const { status, body } = await client.merge(path, { status: { availableIPv6: 9223372036854776000 } });
    expect(status).toBe(422);
    expect(body.message).toContain('status.availableIPv6');
  });

  test.each([
    ['a negative count', { ...usage, assignedIPv4: -1 }, 'status.assignedIPv4'],
    ['a missing count', { ...usage, availableIPv6: undefined }, 'status.availableIPv6: Required value'],
    [
      'a condition twice',
      { ...usage, conditions: [condition('A'), condition('A')] },
      'status.conditions[1]: Duplicate',
    ],
    [
      'nine conditions',
      { ...usage, conditions: Array.from({ length: 9 }, (_, index) => condition(`C${index}`)) },
      'status.conditions',
    ],
    ['an empty reason', { ...usage, conditions: [{ ...condition('A'), reason: '' }] }, 'status.conditions[0].reason'],
  ])('of an IPAddressPool with %s is refused', async (what, status, says) => {
    const name = what.replaceAll(' ', '-');
    const definition = kindNamed('IPAddressPool');
    await create(definition, name, examples['IPAddressPool']?.valid ?? {});
    const answer = await client.merge(`${collection(definition)}/${name}/status`, { status });
    expect(answer.body.message).toContain(says);
    expect(answer.status).toBe(422);
  });

  const service = { node: 'n1', serviceName: '1service', serviceNamespace: 'default' };

  test.each(['ServiceL2Status', 'ServiceBGPStatus'])('of a %s never changes node and Service', async (kind) => {
    const path = await made(kind, 'immutable', service);
    for (const field of ['node', 'serviceName', 'serviceNamespace']) {
      const { status, body } = await client.merge(path, { status: { [field]: 'other' } });
      expect(body.message).toMatch(new RegExp(`status\\.${field}.*Value is immutable`));
      expect(status).toBe(422);
    }
  });

  test.each([
    ['ServiceL2Status', { interfaces: [{ name: 'i'.repeat(16) }] }, 'status.interfaces[0].name: Too long'],
    ['ServiceL2Status', { interfaces: Array.from({ length: 65 }, () => ({ name: 'i' })) }, 'status.interfaces'],
    ['ServiceL2Status', { ips: Array.from({ length: 17 }, (_, index) => `192.0.2.${index}`) }, 'status.ips'],
    ['ServiceL2Status', { ips: ['192.0.2.1', '192.0.2.1'] }, 'status.ips[1]: Duplicate value'],
    ['ServiceBGPStatus', { peers: Array.from({ length: 257 }, (_, index) => `p${index}`) }, 'status.peers'],
    ['ConfigurationState', { result: 'Maybe' }, 'status.result: Unsupported value'],
    ['ConfigurationState', { errorSummary: 'e'.repeat(32_769) }, 'status.errorSummary: Too long'],
    [
      'ConfigurationState',
      { conditions: Array.from({ length: 17 }, (_, index) => condition(`C${index}`)) },
      'status.conditions',
    ],
  ])('of a %s refuses what is beyond its bounds (%#)', async (kind, status, says) => {
    const name = `bounds-${Object.keys(status).join('-').toLowerCase()}-${says.length}`;
    await create(kindNamed(kind), name, {});
    const answer = await client.merge(`${collection(kindNamed(kind))}/${name}/status`, { status });
    expect(answer.body.message).toContain(says);
    expect(answer.status).toBe(422);
  });
});
