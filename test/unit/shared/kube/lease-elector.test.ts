import { describe, expect, test } from 'vitest';
import { LeaseElector } from '#shared/kube/lease-elector.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';

const options = { namespace: 'metallb-system', name: 'ingot-controller', identity: 'controller-0_0123456789abcdef' };

function startElector() {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const metrics = new RecordedMetrics();
  const told: string[] = [];
  const elector = new LeaseElector(
    options,
    { api, clock, random: seededRandom(1), log: new RecordedLog(), metrics },
    { acquired: () => told.push('acquired'), lost: (reason) => told.push(`lost: ${reason}`) },
  );
  elector.start();
  return { api, clock, metrics, told, elector };
}

function lease(holderIdentity: string, resourceVersion: number, spec: object = {}): object {
  return {
    metadata: { name: options.name, resourceVersion: String(resourceVersion), managedFields: [{}], labels: { a: 'b' } },
    spec: { holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 3, acquireTime: 'then', ...spec },
  };
}

/** The elector holds version 10, renewed at the time that the clock shows. */
function leading() {
  const started = startElector();
  started.api.next().ok(lease('', 9));
  started.api.next().ok(lease(options.identity, 10));
  started.told.length = 0;
  return started;
}

type Started = ReturnType<typeof startElector>;

function body({ api }: Started): { metadata: object; spec: Record<string, unknown> } {
  const { request } = api.next();
  if (request.verb !== 'update' && request.verb !== 'create') throw new Error(`not written: ${request.verb}`);
  return request.body as ReturnType<typeof body>;
}

describe('a follower', () => {
  test('makes a Lease where there is none', () => {
    const started = startElector();
    started.api.next().refuse(404);
    expect(started.api.next().request.verb).toBe('create');
    expect(body(started)).toEqual({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'metallb-system', name: 'ingot-controller' },
      spec: {
        holderIdentity: options.identity,
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        acquireTime: '2026-01-01T00:00:00.000000Z',
        renewTime: '2026-01-01T00:00:00.000000Z',
      },
    });
    expect(started.elector.leading).toBe(false);
    started.api.next().ok(lease(options.identity, 1));
    expect(started.told).toEqual(['acquired']);
    expect(started.elector.mayWrite()).toBe(true);
    expect(started.metrics.values.get('ingot_leader')).toBe(1);
  });

  test('takes one that nobody holds at once, keeping what else stands in it', () => {
    const started = startElector();
    started.api.next().ok(lease('', 9, { strategy: 'x' }));
    expect(started.api.next().request).toMatchObject({ verb: 'update', name: 'ingot-controller' });
    expect(body(started)).toMatchObject({
      metadata: { resourceVersion: '9', labels: { a: 'b' } },
      spec: { holderIdentity: options.identity, leaseTransitions: 4, strategy: 'x' },
    });
    expect(body(started).metadata).not.toHaveProperty('managedFields');
  });

  test('looks every 2 to 2.4 s, and takes a record that has not changed for 15 s of its own clock', () => {
    const started = startElector();
    const { api, clock } = started;
    for (let look = 0; look < 7; look++) {
      api.next().ok(lease('other', 9));
      expect(api.open).toEqual([]);
      clock.advance(1_999);
      expect(api.open).toEqual([]);
      clock.advance(401);
    }
    expect(clock.nowMs()).toBeGreaterThan(15_000);
    api.next().ok(lease('other', 9));
    expect(body(started).spec).toMatchObject({ holderIdentity: options.identity, leaseTransitions: 4 });
  });

  test('never takes a record that keeps changing', () => {
    const { api, clock, told } = startElector();
    for (let look = 0; look < 50; look++) {
      expect(api.next().request.verb).toBe('get');
      api.next().ok(lease('other', look));
      clock.advance(2_400);
    }
    expect(told).toEqual([]);
  });

  test('believes a holder for as long as the holder promised', () => {
    const started = startElector();
    started.api.next().ok(lease('other', 9, { leaseDurationSeconds: 1 }));
    started.clock.advance(2_400);
    started.api.next().ok(lease('other', 9, { leaseDurationSeconds: 1 }));
    expect(body(started).spec).toMatchObject({ holderIdentity: options.identity });
  });

  test('goes on where a write of its own was done without an answer', () => {
    const started = startElector();
    started.api.next().ok(lease('', 9));
    started.api.next().lose();
    expect(started.elector.leading).toBe(false);
    started.clock.advance(2_400);
    started.api.next().ok(lease(options.identity, 10));
    expect(body(started)).toMatchObject({ metadata: { resourceVersion: '10' } });
  });

  test.each<[string, (started: Started) => void]>([
    ['another was faster', ({ api }) => api.next().refuse(409)],
    ['there is no answer', ({ api }) => api.next().lose()],
    ['the answer takes more than 5 s', ({ clock }) => clock.advance(5_000)],
    ['the answer is no Lease', ({ api }) => api.next().ok({})],
  ])('does not lead when %s, and looks again', (_, happen) => {
    const started = startElector();
    started.api.next().ok(lease('', 9));
    happen(started);
    expect(started.elector.leading).toBe(false);
    started.clock.advance(2_400);
    expect(started.api.next().request.verb).toBe('get');
    expect(started.told).toEqual([]);
  });

  test('that slept until the answer was worth nothing does not lead', () => {
    const { api, clock, told, elector } = startElector();
    api.next().ok(lease('', 9));
    // No timer has run yet.
    clock.nowMs = () => 10_000;
    api.next().ok(lease(options.identity, 10));
    expect(elector.leading).toBe(false);
    expect(told).toEqual([]);
  });

  test('looks again when the apiserver does not answer', () => {
    const { api, clock } = startElector();
    clock.advance(5_000);
    expect(api.open).toEqual([]);
    clock.advance(2_400);
    expect(api.next().request.verb).toBe('get');
  });
});

describe('a leader', () => {
  test('renews every 2 to 2.4 s against the version that it wrote', () => {
    const started = leading();
    started.clock.advance(2_400);
    expect(body(started)).toMatchObject({
      metadata: { resourceVersion: '10' },
      spec: { holderIdentity: options.identity, leaseTransitions: 3, acquireTime: 'then', leaseDurationSeconds: 15 },
    });
    started.api.next().ok(lease(options.identity, 11));
    started.clock.advance(2_400);
    expect(body(started)).toMatchObject({ metadata: { resourceVersion: '11' } });
  });

  test('may write for 5 s from when its last renewal was sent, not answered', () => {
    const { api, clock, elector } = leading();
    while (api.open.length === 0) clock.advance(1);
    clock.advance(1_000);
    api.next().ok(lease(options.identity, 11));
    clock.advance(4_000);
    expect(elector.mayWrite()).toBe(true);
    clock.advance(1);
    expect(elector.mayWrite()).toBe(false);
    expect(elector.leading).toBe(true);
  });

  test('stops leading 10 s after its last renewal was sent, and follows', () => {
    const { api, clock, told, elector, metrics } = leading();
    let waitedMs = 0;
    for (; waitedMs < 9_999; waitedMs++) {
      clock.advance(1);
      while (api.open.length > 0) api.next().lose();
    }
    expect(elector.leading).toBe(true);
    clock.advance(1);
    expect(told).toEqual(['lost: it could not be renewed for 10 s']);
    expect(metrics.values.get('ingot_leader')).toBe(0);
    clock.advance(2_400);
    expect(api.next().request.verb).toBe('get');
    api.next().ok(lease(options.identity, 10));
    api.next().ok(lease(options.identity, 11));
    expect(told.at(-1)).toBe('acquired');
  });

  test('is fenced when it wakes up after a sleep, before it hears of anything', () => {
    const { clock, elector } = leading();
    // No timer has run yet.
    clock.nowMs = () => 60_000;
    expect(elector.leading).toBe(true);
    expect(elector.mayWrite()).toBe(false);
  });

  test('that meets another version looks, and goes on if it is its own', () => {
    const started = leading();
    const { api, clock, told } = started;
    clock.advance(2_400);
    api.next().refuse(409);
    expect(api.next().request.verb).toBe('get');
    api.next().ok(lease(options.identity, 12));
    expect(body(started)).toMatchObject({ metadata: { resourceVersion: '12' } });
    api.next().ok(lease(options.identity, 13));
    expect(told).toEqual([]);
  });

  test.each<[string, (api: ScriptedKubeApi) => void, string]>([
    ['another holds it', (api) => api.next().ok(lease('other', 12)), 'lost: other holds it'],
    ['nobody holds it', (api) => api.next().ok(lease('', 12)), 'lost: nobody holds it'],
    ['it is gone', (api) => api.next().refuse(404), 'lost: the Lease was deleted'],
  ])('stops leading at once when %s', (_, answer, reason) => {
    const { api, clock, told, elector } = leading();
    clock.advance(2_400);
    api.next().refuse(409);
    answer(api);
    expect(told).toEqual([reason]);
    expect(elector.leading).toBe(false);
    expect(elector.mayWrite()).toBe(false);
  });
});

describe('giving up', () => {
  test('leaves the Lease to nobody, for one second', () => {
    const started = leading();
    let released = false;
    started.elector.release(() => (released = true));
    expect(body(started)).toMatchObject({
      metadata: { resourceVersion: '10' },
      spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 3 },
    });
    expect(started.elector.mayWrite()).toBe(false);
    expect(released).toBe(false);
    started.api.next().ok(lease('', 11));
    expect(released).toBe(true);
    started.clock.advance(60_000);
    expect(started.api.open).toEqual([]);
    expect(started.told).toEqual([]);
  });

  test('waits for the renewal in flight, whose version it needs', () => {
    const started = leading();
    started.clock.advance(2_400);
    let released = false;
    started.elector.release(() => (released = true));
    expect(body(started).spec).toMatchObject({ holderIdentity: options.identity });
    started.api.next().ok(lease(options.identity, 11));
    expect(body(started)).toMatchObject({ metadata: { resourceVersion: '11' }, spec: { holderIdentity: '' } });
    started.api.next().lose();
    expect(released).toBe(true);
  });

  test('takes no longer than 5 s', () => {
    const { clock, elector } = leading();
    let released = false;
    elector.release(() => (released = true));
    clock.advance(5_000);
    expect(released).toBe(true);
  });

  test('is nothing to do for a follower', () => {
    const { api, clock, elector } = startElector();
    let released = false;
    elector.release(() => (released = true));
    expect(released).toBe(true);
    clock.advance(60_000);
    expect(api.open).toEqual([]);
  });
});
