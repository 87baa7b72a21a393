// A watcher of things on a scripted apiserver and a virtual clock.
import { Watcher } from '#shared/kube/watcher.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import { ScriptedKubeApi } from '#test/simulation/scripted-kube-api.ts';
import { allThings, initialEventsEnd, parseThing, thing, type ThingView } from './objects/thing.ts';

export function watchThings(options: { readonly jitterMs?: () => number } = {}) {
  const api = new ScriptedKubeApi();
  const clock = new VirtualClock();
  const log = new RecordedLog();
  const metrics = new RecordedMetrics();
  const told: string[] = [];
  const watcher: Watcher<ThingView> = new Watcher(
    { selection: allThings, parse: parseThing, ...options },
    { api, clock, random: seededRandom(1), log, metrics },
    {
      synced: () => told.push('synced'),
      changed: (key, view, resourceVersion, viewChanged) =>
        told.push(`${key} ${view?.colour ?? 'gone'} ${resourceVersion ?? '-'}${viewChanged ? '' : ' same'}`),
    },
  );
  watcher.start();
  return { api, clock, log, metrics, told, watcher, colours: () => coloursOf(watcher) };
}

/** A watcher that has `a` and `b` at version 10 and watches on for long enough to be healthy. */
export function watchingThings(options: { readonly jitterMs?: () => number } = {}) {
  const watched = watchThings(options);
  const stream = watched.api.openWatch;
  stream.accept();
  stream.line('ADDED', thing('a', 1));
  stream.line('ADDED', thing('b', 2));
  stream.line('BOOKMARK', initialEventsEnd(10));
  watched.clock.advance(20_000);
  watched.told.length = 0;
  return { ...watched, stream };
}

function coloursOf(watcher: Watcher<ThingView>): Record<string, string> {
  return Object.fromEntries([...watcher.objects.values()].map(({ name, colour }) => [name, colour]));
}
