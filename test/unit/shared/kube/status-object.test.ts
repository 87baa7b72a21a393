import { describe, expect, test } from 'vitest';
import { StatusObjects, type DesiredStatusObject } from '#shared/kube/status-object.ts';
import { WriteQueue } from '#shared/kube/write-queue.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi, type ScriptedRequest } from '#test/simulation/scripted-kube-api.ts';
import { things } from './objects/thing.ts';

function start() {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const log = new RecordedLog();
  const fence = { open: true };
  const queue = new WriteQueue(
    { daemon: 'speaker', mayWrite: () => fence.open },
    { api, clock, random: seededRandom(1), log, metrics: new RecordedMetrics() },
  );
  return { api, clock, log, fence, objects: new StatusObjects({ queue, clock, log }) };
}

function desired(status: Record<string, unknown>): DesiredStatusObject {
  const labels = { 'metallb.io/node': String(status['node']) };
  return { resource: things, namespace: 'web', name: 'a', labels, immutable: ['node'], status };
}

const onN1 = desired({ node: 'n1', ips: ['192.0.2.1'] });

function object(uid: string, status: object = {}, node = 'n1'): object {
  return { metadata: { uid, resourceVersion: '1', labels: { 'metallb.io/node': node } }, status };
}

/** What is asked now. */
function asks({ open }: ScriptedKubeApi): string[] {
  return open.map(({ request }) => ('uid' in request ? `${request.verb} ${request.uid}` : request.verb));
}

/** The object is there as it was set. */
function reached(status: DesiredStatusObject = onN1) {
  const started = start();
  started.objects.set(status);
  started.api.next().ok(object('u1'));
  started.api.next().ok(object('u1', status.status));
  return started;
}

function bodyOf({ request }: ScriptedRequest): object {
  if (request.verb !== 'create' && request.verb !== 'patch') throw new Error(`not written: ${request.verb}`);
  return request.body;
}

test('an object is created, then its status patched', () => {
  const { api, objects } = start();
  objects.set({ ...onN1, ownerReferences: [{ kind: 'Node', name: 'n1' }] });
  expect(bodyOf(api.next())).toEqual({
    apiVersion: 'test.dev/v1',
    kind: 'Thing',
    metadata: {
      namespace: 'web',
      name: 'a',
      labels: { 'metallb.io/node': 'n1' },
      ownerReferences: [{ kind: 'Node', name: 'n1' }],
    },
  });
  api.next().ok(object('u1'));
  expect(api.next().request).toMatchObject({ verb: 'patch', patch: 'merge', subresource: 'status', name: 'a' });
  expect(bodyOf(api.next())).toEqual({ status: { node: 'n1', ips: ['192.0.2.1'] } });
  api.next().ok(object('u1'));
  expect(api.open).toEqual([]);
});

test('what was reached is not written again', () => {
  const { api, objects } = reached();
  objects.set(desired({ node: 'n1', ips: ['192.0.2.1'] }));
  expect(api.open).toEqual([]);
});

test('a change is patched; what is no longer desired is taken out', () => {
  const { api, objects } = reached(desired({ node: 'n1', ips: [], interfaces: [] }));
  objects.set(desired({ node: 'n1', ips: ['192.0.2.2'] }));
  expect(bodyOf(api.next())).toEqual({ status: { node: 'n1', ips: ['192.0.2.2'], interfaces: null } });
});

test('changes during a write end in the newest', () => {
  const { api, objects } = start();
  objects.set(onN1);
  objects.set(desired({ node: 'n1', ips: ['192.0.2.2'] }));
  objects.set(desired({ node: 'n1', ips: ['192.0.2.3'] }));
  expect(asks(api)).toEqual(['create']);
  api.next().ok(object('u1'));
  expect(bodyOf(api.next())).toEqual({ status: { node: 'n1', ips: ['192.0.2.3'] } });
});

test('an immutable field that changes makes another object', () => {
  const { api, objects } = reached();
  objects.set(desired({ node: 'n2', ips: [] }));
  expect(asks(api)).toEqual(['delete u1']);
  api.next().ok({});
  expect(asks(api)).toEqual(['create']);
  api.next().ok(object('u2', {}, 'n2'));
  expect(bodyOf(api.next())).toEqual({ status: { node: 'n2', ips: [] } });
});

/** An object of the name was there before. */
function found(existing: object) {
  const started = start();
  started.objects.set(onN1);
  started.api.next().refuse(409, 'AlreadyExists');
  expect(asks(started.api)).toEqual(['get']);
  started.api.next().ok(existing);
  return started;
}

describe('an object that is there already', () => {
  test.each([
    ['of this node', { node: 'n1', ips: [] }],
    ['without a status yet', {}],
  ])('%s is patched', (_, status) => {
    const { api } = found(object('u0', status));
    expect(asks(api)).toEqual(['patch']);
  });

  test('of another node is replaced', () => {
    const { api } = found(object('u0', { node: 'n0' }));
    expect(asks(api)).toEqual(['delete u0']);
    api.next().ok({});
    expect(asks(api)).toEqual(['create']);
  });

  test('made by another node, which has not filled it in yet, is replaced: a watch of our own would not show it', () => {
    const { api } = found(object('u0', {}, 'n0'));
    expect(asks(api)).toEqual(['delete u0']);
  });

  test('and has been replaced meanwhile is read again', () => {
    const { api } = found(object('u0', { node: 'n0' }));
    api.next().refuse(409, 'Conflict');
    expect(asks(api)).toEqual(['create']);
    api.next().refuse(409, 'AlreadyExists');
    expect(asks(api)).toEqual(['get']);
  });

  test('and will not go away is tried again ever more rarely', () => {
    const { api, clock } = found(object('u0', { node: 'n0' }));
    for (let second = 0; second < 600; second++) {
      for (const { request } of api.open) {
        if (request.verb === 'create') api.next().refuse(409, 'AlreadyExists');
        else api.next().ok(object('u0', { node: 'n0' }));
      }
      clock.advance(1_000);
    }
    const perMinute = api.requests.length / 10;
    expect(perMinute).toBeGreaterThan(3);
    expect(perMinute).toBeLessThan(30);
  });
});

describe('an object that vanished', () => {
  test('is made again when the patch finds none', () => {
    const { api, objects } = reached();
    objects.set(desired({ node: 'n1', ips: [] }));
    api.next().refuse(404);
    expect(asks(api)).toEqual(['create']);
  });

  test('is made again when the watch says so', () => {
    const { api, objects } = reached();
    objects.forget(things, 'web', 'a');
    objects.set(onN1);
    expect(asks(api)).toEqual(['create']);
  });
});

describe('deleting', () => {
  test('is by uid', () => {
    const { api, objects } = reached();
    objects.delete(things, 'web', 'a', 'u1');
    expect(asks(api)).toEqual(['delete u1']);
    api.next().ok({});
    expect(api.open).toEqual([]);
  });

  test.each([404, 409])('of what is gone or another (%i) is done', (code) => {
    const { api, objects } = start();
    objects.delete(things, 'web', 'a', 'u1');
    api.next().refuse(code);
    expect(api.open).toEqual([]);
  });

  test('waits for the write in flight', () => {
    const { api, objects } = start();
    objects.set(onN1);
    objects.delete(things, 'web', 'a', 'u1');
    expect(asks(api)).toEqual(['create']);
    api.next().ok(object('u1'));
    expect(asks(api)).toEqual(['delete u1']);
  });

  test('takes the place of a write that is refused again and again', () => {
    const { api, objects } = start();
    objects.set(onN1);
    api.next().refuse(403);
    objects.delete(things, 'web', 'a', 'u1');
    expect(asks(api)).toEqual(['delete u1']);
  });

  test('is called off when the object is desired again', () => {
    const { api, objects } = reached();
    objects.delete(things, 'web', 'a', 'u1');
    objects.set(onN1);
    api.next().ok({});
    expect(asks(api)).toEqual(['create']);
  });
});

test('a refusal is logged, and another content is tried at once', () => {
  const { api, log, objects } = start();
  objects.set(onN1);
  api.next().ok(object('u1'));
  api.next().refuse(422, 'Invalid', { message: 'status.ips: too many' });
  expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      fields: { object: 'things/web/a', error: '422 Invalid: status.ips: too many' },
      message: 'a status cannot be written',
    },
  ]);
  objects.set(desired({ node: 'n1', ips: [] }));
  expect(bodyOf(api.next())).toEqual({ status: { node: 'n1', ips: [] } });
  api.next().ok(object('u1'));
  expect(api.open).toEqual([]);
});

test('a create whose answer was lost, and that was done, is found', () => {
  const { api, clock, objects } = start();
  objects.set(onN1);
  api.next().lose();
  clock.advance(12_000);
  api.next().refuse(409, 'AlreadyExists');
  expect(asks(api)).toEqual(['get']);
});

test('what the fence dropped is written when it is set again', () => {
  const { api, fence, objects } = start();
  fence.open = false;
  objects.set(onN1);
  fence.open = true;
  objects.set(onN1);
  expect(asks(api)).toEqual(['create']);
});
