import { beforeEach, expect, test } from 'vitest';
import type { KubeAnswer, KubeApi } from '#shared/kube/kube-api.ts';
import { StatusAllowance } from '#speaker/report/bgp/status-allowance.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

let clock: VirtualClock;
/** How many there are of each kind; none: the apiserver does not say. */
let counts: Partial<Record<string, number>>;
let asked: string[];
let own: number;
let allowance: StatusAllowance;

function answerFor(kind: string): KubeAnswer {
  const count = counts[kind];
  if (count === undefined) return { kind: 'failed', error: { kind: 'connection', code: 'ECONNRESET', message: 'x' } };
  const metadata = count > 1 ? { continue: 'more', remainingItemCount: count - 1 } : {};
  return { kind: 'ok', body: { metadata, items: count > 0 ? [{}] : [] } };
}

beforeEach(() => {
  clock = new VirtualClock();
  counts = { Node: 100, ServiceBGPStatus: 0 };
  asked = [];
  own = 0;
  const api: KubeApi = {
    request(request, answered) {
      expect(request).toMatchObject({ verb: 'list', limit: 1 });
      asked.push(request.resource.kind);
      return clock.after(1, () => answered(answerFor(request.resource.kind)));
    },
    watch: () => () => {},
  };
  allowance = new StatusAllowance('metallb-system', { api, clock, existing: () => own }, () => {});
});

/** The answer once it was counted. */
function allowed(wanted: number): number {
  allowance.of(wanted);
  clock.advance(10);
  return allowance.of(wanted);
}

test('where one for each Service and node is few, all may be there, and only nodes are counted, each 10 min', () => {
  expect(allowance.of(500)).toBe(0);
  clock.advance(10);
  expect(allowance.of(500)).toBe(500);
  expect(allowance.conditions).toEqual([]);
  clock.advance(1_800_000);
  expect(asked).toEqual(['Node', 'Node', 'Node', 'Node']);
});

test('without Services nothing is counted', () => {
  expect(allowed(0)).toBe(0);
  expect(asked).toEqual([]);
});

test('where that may be too many, each node has its share of what is left', () => {
  expect(allowed(501)).toBe(500);
  own = 500;
  counts['ServiceBGPStatus'] = 20_000;
  clock.advance(10_000);
  expect(allowance.of(1_000)).toBe(800);
  expect(allowance.conditions).toMatchObject([{ type: 'ServiceStatusWithheld', status: 'True' }]);
  counts['ServiceBGPStatus'] = 60_000;
  clock.advance(10_000);
  expect(allowance.of(1_000)).toBe(500);
});

test('the share stays what it was until it is counted again, however many are made', () => {
  expect(allowed(1_000)).toBe(500);
  own = 300;
  expect(allowance.of(1_000)).toBe(500);
});

test('few nodes that announce to the rest of a large cluster come to have all', () => {
  let most = allowed(1_000);
  for (let count = 0; count < 3; count++) {
    own = most;
    counts['ServiceBGPStatus'] = 2 * most;
    clock.advance(10_000);
    most = allowance.of(1_000);
  }
  expect(most).toBe(1_000);
  expect(allowance.conditions).toEqual([]);
});

test('more Services are counted for at once', () => {
  expect(allowed(10)).toBe(10);
  expect(allowed(1_000)).toBe(500);
});

test('what cannot be counted is tried again, and what is there stays', () => {
  counts = {};
  expect(allowed(10)).toBe(0);
  for (let call = 0; call < 100; call++) allowance.of(10);
  clock.advance(9_000);
  expect(asked).toEqual(['Node']);
  counts = { Node: 1 };
  clock.advance(2_000);
  expect(allowance.of(10)).toBe(10);
});
