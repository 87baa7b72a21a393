import { beforeEach, expect, test } from 'vitest';
import { listOnce } from '#controller/list-once.ts';
import { serviceCIDRs } from '#shared/kube/resources.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { RecordedLog } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';

let clock: VirtualClock;
let api: ScriptedKubeApi;
let listed: unknown[];

beforeEach(() => {
  clock = new VirtualClock();
  api = new ScriptedKubeApi();
  listed = [];
});

function start(): () => void {
  return listOnce({ resource: serviceCIDRs }, { api, clock, log: new RecordedLog() }, (objects) =>
    listed.push(objects.map(({ values }) => values['name'])),
  );
}

const page = (names: readonly string[], next?: string) => ({
  metadata: next === undefined ? {} : { continue: next },
  items: names.map((name) => ({ name })),
});

test('all pages make one list', () => {
  start();
  api.next().ok(page(['a', 'b'], 'more'));
  expect(api.next().request).toMatchObject({ verb: 'list', limit: 500, continue: 'more' });
  api.next().ok(page(['c']));
  expect(listed).toEqual([['a', 'b', 'c']]);
});

test('after a failure it begins anew', () => {
  start();
  api.next().ok(page(['a'], 'more'));
  api.next().lose();
  expect(api.open).toEqual([]);
  clock.advance(5_000);
  expect(api.next().request).not.toHaveProperty('continue');
  api.next().ok(page(['a', 'b']));
  expect(listed).toEqual([['a', 'b']]);
});

test.each([403, 404])('what answers %d has nothing to list', (code) => {
  start();
  api.next().refuse(code);
  clock.advance(60_000);
  expect(listed).toEqual([[]]);
  expect(api.requests).toHaveLength(1);
});

test('once cancelled it asks no more', () => {
  const cancel = start();
  api.next().refuse(500);
  cancel();
  clock.advance(60_000);
  expect(api.requests).toHaveLength(1);
});
