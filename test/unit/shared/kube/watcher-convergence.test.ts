// Whatever befalls lists and watches, nothing vanishes in between, and in the end the copy equals the server.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform } from '#shared/runtime/random.ts';
import { Watcher } from '#shared/kube/watcher.ts';
import { refusal } from '#test/simulation/apiserver/answer.ts';
import { Apiserver } from '#test/simulation/apiserver/apiserver.ts';
import type { Connection } from '#test/simulation/apiserver/connection.ts';
import { fieldsOf } from '#test/simulation/apiserver/object.ts';
import type { Fate } from '#test/simulation/apiserver/trouble.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { randomFor, seededRandom } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { allThings, parseThing, thingKey, things } from './objects/thing.ts';

interface Party {
  readonly clock: VirtualClock;
  readonly server: Apiserver;
  readonly connection: Connection;
  /** What becomes of the next requests. */
  readonly fates: Fate[];
  /** What lasts until the end. */
  readonly troubles: Cancel[];
}

type Act = readonly [name: string, (party: Party) => void];

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const fates: readonly Fate[] = [
  { kind: 'lost' },
  ...[401, 403, 404, 410, 500].map((code): Fate => ({ kind: 'refused', error: refusal(code, 'no') })),
  ...[429, 503, 504].map((code): Fate => ({ kind: 'refused', error: refusal(code, 'no', { retryAfterMs: 1_000 }) })),
];

function put(name: string, colour: string): Act {
  const object = { metadata: { name, namespace: 'web' }, spec: { colour } };
  return [`put ${name} ${colour}`, ({ server }) => void server.put(things, object)];
}

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...names), fc.constantFrom('red', 'blue'))
      .map(([name, colour]) => put(name, colour)),
  },
  fc
    .constantFrom('a', 'b')
    .map((name): Act => [`delete ${name}`, ({ server }) => void server.remove(things, 'web', name)]),
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(1, 20, 50, 200, 1_000, 15_000, 240_000)
      .map((ms): Act => [`wait ${ms}`, ({ clock }) => clock.advance(ms)]),
  },
  fc
    .array(fc.integer({ min: 0, max: fates.length - 1 }), { maxLength: 4 })
    .map((some): Act => [
      `fates ${some.join()}`,
      (party) => void party.fates.splice(0, 9, ...some.map((each) => fates[each] as Fate)),
    ]),
  fc.integer({ min: 10, max: 150 }).map((ms): Act => [`break a list off after ${ms}`, (party) => breakList(party, ms)]),
  fc.constantFrom<Act>(
    ['end', ({ server }) => server.endWatches()],
    ['reset', ({ server }) => server.resetWatches()],
    ['lose', ({ connection }) => connection.breakOff('ECONNRESET', 'lost')],
    ['fall behind', ({ server }) => server.endWatches(refusal(410, 'too old'))],
    ['fail', ({ server }) => server.endWatches(refusal(500, 'failed'))],
    ['compact', ({ server }) => server.compact()],
    ['without streams', ({ server }) => void (server.watches.streams = false)],
    ['lag', ({ server, troubles }) => void troubles.push(server.troubles.delayWatches({ lagMs: 5_000 }))],
    ['behind', ({ server, troubles }) => void troubles.push(server.troubles.staleReplica({ lagMs: 10_000 }))],
    ['cut', ({ server, troubles }) => void troubles.push(server.cut(() => true))],
    ['outage', ({ server, troubles }) => void troubles.push(server.outage())],
    ['restart', ({ server }) => server.restart({ emptyListsMs: 0 })()],
    ['all is well', ({ troubles }) => troubles.splice(0).forEach((end) => end())],
  ),
);

/** A list begins, and its stream breaks off. */
function breakList({ server, clock }: Party, afterMs: number): void {
  server.endWatches(refusal(410, 'too old'));
  clock.advance(afterMs);
  server.resetWatches();
}

function play(acts: readonly Act[]): void {
  const clock = new VirtualClock();
  const server = new Apiserver({
    scheduler: clock.scheduler,
    random: (purpose) => randomFor(1, purpose),
    pageLimit: 3,
  });
  const random = seededRandom(2);
  // Slow enough that a list that is streamed can be broken off in the middle.
  const delays = {
    requestUs: () => 500,
    serverUs: () => 500,
    answerUs: () => 500,
    watchUs: () => uniform(random, 500, 60_000),
  };
  const client = { name: 'watcher', node: undefined, receive: (work: () => void) => work() };
  const connection = server.connect(client, { delays });
  const party: Party = { clock, server, connection, fates: [], troubles: [] };
  server.troubles.begin({ what: 'fates', fate: () => party.fates.shift() });
  const shown = new Set<string>();
  const dependencies = {
    api: connection,
    clock,
    random: seededRandom(1),
    log: new RecordedLog(),
    metrics: new RecordedMetrics(),
  };
  const watcher = new Watcher({ selection: allThings, parse: parseThing }, dependencies, {
    synced: () => {},
    changed: (_key, view) => {
      if (view !== undefined) shown.add(view.name);
    },
  });
  watcher.start();
  for (const [, perform] of acts) {
    perform(party);
    // Those that nobody deletes stay once they were seen.
    const staying = [...shown].filter((name) => name !== 'a' && name !== 'b');
    expect(staying.filter((name) => !watcher.objects.has(thingKey(name)))).toEqual([]);
  }
  party.fates.length = 0;
  for (const end of party.troubles) end();
  clock.advance(300_000);
  const copy = Array.from(watcher.objects.values(), ({ name, colour }): readonly [string, string] => [name, colour]);
  const truth = server.list(things).map(({ metadata, spec }) => [metadata.name, fieldsOf(spec)['colour']] as const);
  expect(new Map(copy)).toEqual(new Map(truth));
  watcher.stop();
}

test('after any faults the copy equals the server', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => play(acts)),
    { numRuns: 300 },
  );
});

test('an hour of all of them at once', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 400, maxLength: 500 }), (acts) => play(acts)),
    { numRuns: 5 },
  );
});
