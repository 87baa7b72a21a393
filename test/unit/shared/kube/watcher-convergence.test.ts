// Whatever befalls lists and watches, nothing vanishes in between, and in the end the copy equals the server.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Watcher } from '#shared/kube/watcher.ts';
import { VirtualClock } from '#test/simulation/clock.ts';
import { seededRandom } from '#test/simulation/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { lostConnection, refusal } from '#test/simulation/scripted-kube-api.ts';
import { ModelApiserver } from './model-apiserver.ts';
import { allThings, parseThing, thingKey } from './objects/thing.ts';

type Act = (server: ModelApiserver, clock: VirtualClock) => void;

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const errors = [
  lostConnection(),
  refusal(401),
  refusal(403),
  refusal(404),
  refusal(410),
  refusal(429, '', { retryAfterMs: 1_000 }),
  refusal(500),
  refusal(503, '', { retryAfterMs: 2_000 }),
  refusal(504, '', { retryAfterMs: 1_000 }),
];

const act: fc.Arbitrary<readonly [string, Act]> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom('red', 'blue'))
    .map(([name, colour]): [string, Act] => [`put ${name} ${colour}`, (server) => server.put(name, colour)]),
  fc.constantFrom('g', 'h').map((name): [string, Act] => [`delete ${name}`, (server) => server.delete(name)]),
  fc.integer({ min: 0, max: 3 }).map((most): [string, Act] => [`deliver ${most}`, (server) => server.deliver(most)]),
  fc
    .constantFrom(1, 50, 200, 1_000, 15_000, 240_000)
    .map((ms): [string, Act] => [`wait ${ms}`, (_server, clock) => clock.advance(ms)]),
  fc
    .array(fc.constantFrom(...errors), { maxLength: 4 })
    .map((some): [string, Act] => [`refuse ${some.map(({ code }) => code).join()}`, (server) => server.refuse(some)]),
  fc.constantFrom<readonly [string, Act]>(
    ['end', (server) => server.endWatches()],
    ['lose', (server) => server.endWatches(lostConnection())],
    ['garble', (server) => server.garble()],
    ['silence', (server) => server.silence()],
    ['fall behind', (server) => server.fail(410, 'Expired')],
    ['fail', (server) => server.fail(500, 'InternalError')],
    ['compact', (server) => server.compact()],
    ['break the next list', (server) => server.breakNextStream(2)],
    ['without streams', (server) => server.useStreams(false)],
  ),
);

function play(acts: readonly (readonly [string, Act])[]): void {
  const clock = new VirtualClock();
  const server = new ModelApiserver(clock);
  const dependencies = {
    api: server,
    clock,
    random: seededRandom(1),
    log: new RecordedLog(),
    metrics: new RecordedMetrics(),
  };
  const shown = new Set<string>();
  const watcher = new Watcher({ selection: allThings, parse: parseThing }, dependencies, {
    synced: () => {},
    changed: (_key, view) => {
      if (view !== undefined) shown.add(view.name);
    },
  });
  watcher.start();
  for (const [, perform] of acts) {
    perform(server, clock);
    // Those that nobody deletes stay once they were seen.
    const staying = [...shown].filter((name) => name !== 'g' && name !== 'h');
    expect(staying.filter((name) => !watcher.objects.has(thingKey(name)))).toEqual([]);
  }
  server.refuse([]);
  for (let second = 0; second < 300; second++) {
    clock.advance(1_000);
    server.deliver();
  }
  const copy = [...watcher.objects.values()].map(({ name, colour }): [string, string] => [name, colour]);
  expect(new Map(copy)).toEqual(server.colours);
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
