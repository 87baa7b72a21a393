// Watches: how late, how long, and how they break.
import { beforeEach, expect, test } from 'vitest';
import { services } from '#shared/kube/resources.ts';
import { list, namesIn, Party, stream } from './party.ts';

let party: Party;

beforeEach(() => {
  party = new Party();
});

const from = (version: number | string) => ({ ...stream, sendInitialEvents: false, resourceVersion: String(version) });

test('events come in order, as late as watches lag', () => {
  const watched = party.watch(stream);
  party.clock.advance(10);
  const end = party.server.troubles.delayWatches({ lagMs: 3_000 });
  party.put('a');
  party.clock.advance(1_000);
  end();
  party.put('b');
  party.clock.advance(1_900);
  expect(watched).toHaveLength(3);
  party.clock.advance(200);
  expect(watched.slice(3)).toEqual(['ADDED a', 'ADDED b']);
});

test('bookmarks come after two minutes, then each minute, and before the end', () => {
  const times: number[] = [];
  party.connection.watch(stream, (event) => {
    const isBookmark = event.kind === 'line' && event.line?.type === 'BOOKMARK';
    if (isBookmark || event.kind === 'closed') times.push(Math.round(party.clock.nowMs() / 1_000));
  });
  party.clock.advance(700_000);
  expect(times).toEqual([0, 122, 182, 242, 302, 362, 422, 482, 542, 598, 600]);
});

test('a bookmark does not overtake the events that it covers', () => {
  const watched = party.watch(stream);
  party.clock.advance(121_000);
  party.server.troubles.delayWatches({ lagMs: 2_000 });
  party.put('a');
  party.clock.advance(10_000);
  expect(watched.slice(3)).toEqual(['ADDED a', `BOOKMARK ${party.server.store.revision}`]);
});

test('a version from before a compaction is answered with ERROR 410', () => {
  const { revision } = party.server.store;
  party.put('a');
  party.server.compact();
  const watched = [party.watch(from(revision)), party.watch(from(party.server.store.revision))];
  party.clock.advance(10);
  expect(watched).toEqual([['opened', 'ERROR 410', 'closed'], ['opened']]);
});

test('a version that has left the history is as one before a compaction', () => {
  const { revision } = party.server.store;
  for (let count = 0; count < 20_000; count++) party.put('shop', `type ${count}`);
  const watched = party.watch(from(revision));
  party.clock.advance(10);
  expect(watched).toEqual(['opened', 'ERROR 410', 'closed']);
});

test('a reset ends every watch in a way of its own', () => {
  const watched = Array.from({ length: 40 }, () => party.watch(stream));
  party.clock.advance(10);
  party.server.resetWatches();
  const ends = new Set(watched.map((events) => events.slice(3).join(', ')));
  expect([...ends].toSorted()).toEqual([
    'closed: UND_ERR_SOCKET',
    'closed: partialLine',
    'garbage, closed: UND_ERR_SOCKET',
  ]);
  party.put('a');
  party.clock.advance(10);
  expect(watched.filter((events) => events.at(-1)?.startsWith('closed'))).toHaveLength(40);
  expect(party.server.watches.watched).toEqual([]);
});

test('streaming lists can be unknown', () => {
  party.server.watches.streams = false;
  const watched = party.watch(stream);
  party.clock.advance(10);
  expect(watched).toEqual(['closed: 422']);
});

test('a replica that lags: lists are fresh all the same, watches late, streams refused when it takes too long', () => {
  const other = party.connect('n2');
  const watched = party.watch(stream);
  party.clock.advance(60_000);
  const end = party.server.troubles.staleReplica({ lagMs: 10_000, clients: ({ node }) => node === 'n1' });
  party.put('a');
  const sentMs = party.clock.nowMs();
  expect(namesIn(party.answer(list))).toEqual(['a', 'shop']);
  expect(party.clock.nowMs() - sentMs).toBeGreaterThanOrEqual(3_000);
  expect(namesIn(party.answer(list, other))).toEqual(['a', 'shop']);
  const refused = party.watch(stream);
  party.clock.advance(3_100);
  expect(refused).toEqual(['closed: 504']);
  expect(watched).not.toContain('ADDED a');
  party.clock.advance(4_000);
  expect(watched).toContain('ADDED a');
  party.clock.advance(4_000);
  const late = party.watch(stream);
  party.clock.advance(11_000);
  expect(late).toEqual(['opened', 'ADDED a', 'ADDED shop', expect.stringMatching(/^BOOKMARK/)]);
  end();
});

test('a cancelled watch says nothing more, whatever is under way', () => {
  const heard: string[] = [];
  const cancel = party.connection.watch(stream, ({ kind }) => heard.push(kind));
  party.clock.advance(10);
  party.put('a');
  cancel();
  party.clock.advance(10);
  expect(heard).toEqual(['opened', 'line', 'line']);
  expect(party.server.watches.watched).toEqual([]);
});

test('pages show the moment of the first, until their token ends', () => {
  const page = (token?: string) =>
    party.answer({ ...list, limit: 1, ...(token === undefined ? {} : { continue: token }) });
  const tokenOf = (answer: ReturnType<typeof page>): string =>
    answer.kind === 'ok' ? (answer.body as { metadata: { continue: string } }).metadata.continue : '';
  party.put('a');
  party.put('z');
  const token = tokenOf(page());
  party.server.remove(services, 'web', 'z');
  party.put('b');
  const second = page(token);
  expect(namesIn(second)).toEqual(['shop']);
  party.clock.advance(299_000);
  expect(namesIn(page(tokenOf(second)))).toEqual(['z']);
  party.clock.advance(2_000);
  expect(page(token)).toMatchObject({ error: { code: 410, reason: 'Expired' } });
  const fresh = tokenOf(page());
  party.put('c');
  party.server.compact();
  expect(page(fresh)).toMatchObject({ error: { code: 410 } });
});

test('one object is shared by all who see it, and frozen', () => {
  const seen: unknown[] = [];
  for (let count = 0; count < 2; count++) {
    party.connection.watch(stream, (event) => {
      if (event.kind === 'line' && event.line?.type === 'ADDED') seen.push(event.line.object);
    });
  }
  party.clock.advance(10);
  const [first, second] = seen as { readonly spec: object }[];
  expect(first).toBe(second);
  expect(Object.isFrozen(first?.spec)).toBe(true);
});
