import { expect, test } from 'vitest';
import { bfdNews, type BfdNews } from '#speaker/routing/bfd-news.ts';
import type { ObservedBfd } from '#speaker/seam.ts';
import { observedBfd } from '../views.ts';

const up = observedBfd({ state: 'up' });
const down = observedBfd({ state: 'down' });

test.each<[string, ObservedBfd | undefined, ObservedBfd | undefined, readonly BfdNews[]]>([
  ['never up', undefined, down, []],
  ['still not up', down, observedBfd({ state: 'init' }), []],
  ['up', down, up, ['up']],
  ['up when it is first seen', undefined, up, ['up']],
  ['still up', up, up, []],
  ['missed', up, observedBfd({ state: 'down', failures: 1 }), ['down']],
  ['taken down by the peer', up, observedBfd({ state: 'down', peerAdminDown: true }), ['adminDown']],
  ['told to be down by the peer', up, down, ['down']],
  ['taken down here', up, observedBfd({ state: 'adminDown' }), ['adminDown']],
  ['missed, and up again', up, observedBfd({ state: 'up', failures: 1 }), ['down', 'up']],
  ['missed between two sights of it down', down, observedBfd({ state: 'down', failures: 1 }), ['down']],
  ['begun anew', observedBfd({ state: 'up', failures: 3 }), observedBfd({ state: 'up', failures: 0 }), []],
  ['not watched any more', up, undefined, []],
])('%s', (_, before, now, news) => {
  expect(bfdNews(before, now)).toEqual(news);
});
