// An empty list is told from an apiserver that is not itself yet.
import { describe, expect, test } from 'vitest';
import { initialEventsEnd, thing } from './objects/thing.ts';
import { watchingThings } from './watched-things.ts';

const relisting = () => {
  const watched = watchingThings();
  watched.watcher.relist();
  watched.api.openWatch.accept();
  watched.api.openWatch.line('BOOKMARK', initialEventsEnd(20));
  return watched;
};

describe('a list of nothing, where there was something', () => {
  test('is not believed when it is said once: an apiserver that has just started may not be itself yet', () => {
    const { api, clock, told, colours } = relisting();
    expect(colours()).toEqual({ a: 'red', b: 'red' });
    clock.advance(9_999);
    expect(api.watches.length).toBe(2);
    clock.advance(2_001);
    api.openWatch.accept();
    api.openWatch.line('ADDED', thing('a', 1));
    api.openWatch.line('ADDED', thing('b', 21, 'blue'));
    api.openWatch.line('BOOKMARK', initialEventsEnd(22));
    expect(told).toEqual(['web/b blue 21', 'synced']);
    expect(colours()).toEqual({ a: 'red', b: 'blue' });
  });

  test('is believed when it is said again', () => {
    const { api, clock, told } = relisting();
    clock.advance(12_000);
    api.openWatch.accept();
    api.openWatch.line('BOOKMARK', initialEventsEnd(30));
    expect(told).toEqual(['web/a gone -', 'web/b gone -', 'synced']);
  });

  test('but a watch that shows the deletions is believed at once', () => {
    const { stream, told } = watchingThings();
    stream.line('DELETED', thing('a', 21));
    stream.line('DELETED', thing('b', 22));
    expect(told).toEqual(['web/a gone 21', 'web/b gone 22']);
  });
});
