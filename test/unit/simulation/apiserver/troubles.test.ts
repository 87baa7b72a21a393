// Troubles of requests: each befalls what it is to befall, and ends.
import { beforeEach, expect, test } from 'vitest';
import { leases, nodes, services } from '#shared/kube/resources.ts';
import { httpLimits } from '#shared/kube/transport/http-kube-api.ts';
import { transportLimits } from '#test/simulation/apiserver/connection.ts';
import { list, namesIn, Party, patch, stream } from './party.ts';

const get = { verb: 'get', resource: services, namespace: 'web', name: 'shop' } as const;

let party: Party;

beforeEach(() => {
  party = new Party();
});

function labels(): unknown {
  return party.server.get(services, 'web', 'shop')?.metadata.labels;
}

test('without trouble a request takes its way', () => {
  const heard = party.ask(patch);
  party.clock.advance(10);
  expect(heard).toEqual(['ok after 2 ms']);
  expect(labels()).toEqual({ app: 'x' });
});

test('the limits are those of the real transport', () => {
  expect(transportLimits).toMatchObject({
    readTimeoutMs: httpLimits.readTimeoutMs,
    listTimeoutMs: httpLimits.listTimeoutMs,
    writeTimeoutMs: httpLimits.writeTimeoutMs,
  });
});

test('a write whose answer is lost is done, and times out', () => {
  const end = party.server.troubles.loseAnswers({ percent: 100 });
  const heard = party.ask(patch);
  const read = party.ask(get);
  party.clock.advance(10_000);
  expect(heard).toEqual(['ETIMEDOUT after 5000 ms']);
  expect(read).toEqual(['ok after 2 ms']);
  expect(labels()).toEqual({ app: 'x' });
  end();
  expect(party.answer(patch).kind).toBe('ok');
});

test('a request that is lost is not done, and times out by its kind', () => {
  const end = party.server.troubles.loseRequests({ percent: 100 });
  const heard = [patch, get, list].map((request) => party.ask(request));
  const watched = party.watch(stream);
  party.clock.advance(100_000);
  expect(heard).toEqual([
    ['ETIMEDOUT after 5000 ms'],
    ['ETIMEDOUT after 30000 ms'],
    ['UND_ERR_DESTROYED after 30001 ms'],
  ]);
  expect(watched).toEqual(['closed: UND_ERR_HEADERS_TIMEOUT']);
  expect(labels()).toBeUndefined();
  end();
  expect(party.answer(get).kind).toBe('ok');
});

test('percents are kept to', () => {
  party.server.troubles.loseAnswers({ percent: 30 });
  const heard = Array.from({ length: 1_000 }, () => party.ask(patch));
  party.clock.advance(10);
  const lost = heard.filter((answers) => answers.length === 0).length;
  expect(lost).toBeGreaterThan(250);
  expect(lost).toBeLessThan(350);
});

test.each([
  [429, 7_000],
  [503, 7_000],
  [500, undefined],
  [504, undefined],
] as const)('a refusal with %d', (code, retryAfterMs) => {
  const end = party.server.troubles.refuse({ code, percent: 100, retryAfterMs: 7_000 });
  const answer = party.answer(patch);
  expect(answer).toMatchObject({ kind: 'failed', error: { kind: 'status', code } });
  expect(answer.kind === 'failed' && answer.error.kind === 'status' && answer.error.retryAfterMs).toBe(retryAfterMs);
  expect(labels()).toBeUndefined();
  const watched = party.watch(stream);
  party.clock.advance(10);
  expect(watched).toEqual([`closed: ${code}`]);
  end();
  expect(party.answer(patch).kind).toBe('ok');
});

test('a kind that cannot be had leaves the others alone', () => {
  const end = party.server.troubles.withhold('services', 404);
  const heard = [party.ask(list), party.ask({ verb: 'list', resource: nodes, limit: 500 })];
  party.clock.advance(10);
  expect(heard).toEqual([['404 after 2 ms'], ['ok after 2 ms']]);
  end();
  expect(party.answer(list).kind).toBe('ok');
});

test('a slow apiserver does late what the client has given up', () => {
  party.server.troubles.slow({ delayMs: 10_400 });
  const heard = party.ask(patch);
  party.clock.advance(5_100);
  expect(heard).toEqual(['ETIMEDOUT after 5000 ms']);
  expect(labels()).toBeUndefined();
  party.clock.advance(200);
  expect(labels()).toEqual({ app: 'x' });
});

test('the wrong token is the trouble of one client', () => {
  const other = party.connect('n2');
  party.server.troubles.distrust(({ node }) => node === 'n2');
  const heard = [party.ask(get), party.ask(get, other)];
  party.clock.advance(10);
  expect(heard).toEqual([['ok after 2 ms'], ['401 after 2 ms']]);
});

test('an outage breaks what is under way, refuses what comes, and ends', () => {
  const watched = party.watch(stream);
  party.clock.advance(10);
  const underWay = party.ask(patch);
  const end = party.server.outage();
  party.clock.advance(10);
  const refused = party.ask(patch);
  party.clock.advance(10);
  expect(underWay).toEqual(['ECONNRESET after 1 ms']);
  expect(refused).toEqual(['ECONNREFUSED after 2 ms']);
  expect(watched.at(-1)).toBe('closed: ECONNRESET');
  expect(labels()).toBeUndefined();
  end();
  end();
  expect(party.answer(patch).kind).toBe('ok');
});

test('what has been done when an outage begins is done, whoever hears of it', () => {
  const heard = party.ask(patch);
  party.clock.advance(1.5);
  party.server.outage();
  party.clock.advance(10);
  expect(heard).toEqual(['ECONNRESET after 2.5 ms']);
  expect(labels()).toEqual({ app: 'x' });
});

test('after a restart nothing seems to be there for a while, then all appears', () => {
  const { revision } = party.server.store;
  party.server.restart({ emptyListsMs: 1_000 })();
  expect(namesIn(party.answer(list))).toEqual([]);
  const streamed = party.watch(stream);
  const { emptyRevision } = party.server.watches;
  const resumed = party.watch({ ...list, resourceVersion: String(emptyRevision), timeoutSeconds: 600 });
  const old = party.watch({ ...list, resourceVersion: String(revision - 1), timeoutSeconds: 600 });
  party.clock.advance(500);
  expect([streamed, resumed]).toEqual([['opened', `BOOKMARK ${emptyRevision}`], ['opened']]);
  expect(old).toEqual(['opened', 'ERROR 410', 'closed']);
  party.clock.advance(1_000);
  expect([streamed.at(-1), resumed.at(-1)]).toEqual(['ADDED shop', 'ADDED shop']);
  expect(namesIn(party.answer(list))).toEqual(['shop']);
  const late = party.watch({ ...list, resourceVersion: String(emptyRevision), timeoutSeconds: 600 });
  party.clock.advance(10);
  expect(late).toEqual(['opened', 'ADDED shop']);
});

test('a client of one node is cut off, and what it sent arrives afterwards', () => {
  const other = party.connect('n2');
  party.answer(get);
  const heal = party.server.cut(({ node }) => node === 'n1');
  const heard = [party.ask(get), party.ask(get, other)];
  party.clock.advance(4_000);
  expect(heard).toEqual([[], ['ok after 2 ms']]);
  heal();
  party.clock.advance(4_100);
  expect(heard[0]).toEqual([expect.stringMatching(/^ok after [4-8]\d\d\d(\.\d+)? ms$/)]);
});

test('a write sent over an established connection that is then cut is done late, though it timed out', () => {
  party.answer(get);
  const heal = party.server.cut(() => true);
  const heard = party.ask(patch);
  party.clock.advance(6_000);
  expect(heard).toEqual(['ETIMEDOUT after 5000 ms']);
  expect(labels()).toBeUndefined();
  heal();
  party.clock.advance(6_100);
  expect(labels()).toEqual({ app: 'x' });
});

test('a connection that is cut for long is given up, and nothing of it arrives', () => {
  const watched = party.watch(stream);
  party.clock.advance(10);
  const heal = party.server.cut(() => true);
  party.put('late');
  const heard = party.ask(list);
  party.clock.advance(37_000);
  expect(watched).toHaveLength(3);
  party.clock.advance(16_000);
  expect(watched.at(-1)).toBe('closed: UND_ERR_DESTROYED');
  expect(watched).not.toContain('ADDED late');
  expect(heard).toEqual([expect.stringMatching(/^UND_ERR_DESTROYED after [\d.]+ ms$/)]);
  const again = party.ask(list);
  party.clock.advance(6_000);
  expect(again).toEqual(['UND_ERR_CONNECT_TIMEOUT after 5500 ms']);
  heal();
  expect(namesIn(party.answer(list))).toEqual(['late', 'shop']);
});

test('who is cut off while the apiserver restarts learns of it afterwards', () => {
  const watched = party.watch(stream);
  party.clock.advance(10);
  const heal = party.server.cut(() => true);
  party.server.outage()();
  const heard = party.ask(patch);
  party.clock.advance(4_000);
  expect([watched.length, heard.length]).toEqual([3, 0]);
  heal();
  party.clock.advance(4_000);
  expect(watched.at(-1)).toBe('closed: ECONNRESET');
  expect(heard).toEqual([expect.stringMatching(/^(ECONNRESET|ETIMEDOUT) after [\d.]+ ms$/)]);
  expect(labels()).toBeUndefined();
});

test('two time-outs in a row and the connection is given up', () => {
  party.server.troubles.loseRequests({ percent: 100 });
  const heard = [party.ask(patch), party.ask(list)];
  party.clock.advance(1_000);
  const second = party.ask(patch);
  party.clock.advance(10_000);
  expect([...heard, second]).toEqual([
    ['ETIMEDOUT after 5000 ms'],
    ['UND_ERR_DESTROYED after 6001 ms'],
    ['ETIMEDOUT after 5000 ms'],
  ]);
});

test('of many reads four are under way at a time', () => {
  party.server.troubles.slow({ delayMs: 1_000 });
  const heard = Array.from({ length: 9 }, () => party.ask(get));
  party.clock.advance(1_500);
  expect(heard.flat()).toHaveLength(4);
  party.clock.advance(1_000);
  expect(heard.flat()).toHaveLength(8);
  party.clock.advance(1_000);
  expect(heard.flat()).toHaveLength(9);
  expect(party.connection.requests.get('get services')).toBe(9);
});

test('a request that waits for its turn can be cancelled, and lets the next one go', () => {
  party.server.troubles.slow({ delayMs: 1_000 });
  const first = party.connection.request(get, () => {});
  const others = Array.from({ length: 3 }, () => party.ask(get));
  let answered = 0;
  const waiting = party.connection.request(get, () => answered++);
  const last = party.ask(get);
  waiting();
  first();
  party.clock.advance(1_100);
  expect([answered, ...others.map(({ length }) => length), last.length]).toEqual([0, 1, 1, 1, 1]);
});

test('what a process sent before it died is done, and it hears nothing', () => {
  const heard = party.ask(patch);
  const watched = party.watch(stream);
  party.connection.close();
  party.clock.advance(10_000);
  expect([heard, watched]).toEqual([[], []]);
  expect(labels()).toEqual({ app: 'x' });
  expect(party.server.watches.watched).toEqual([]);
  expect(party.ask(get)).toEqual([]);
});

test('a Lease is created in a namespace that is there only', () => {
  const lease = { verb: 'create', resource: leases, body: { metadata: { name: 'x' }, spec: {} } } as const;
  expect(party.answer({ ...lease, namespace: 'nowhere' })).toMatchObject({ error: { code: 404 } });
  expect(party.answer({ ...lease, namespace: 'web' }).kind).toBe('ok');
});
