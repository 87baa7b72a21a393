// What a BGP session is to hear of the BFD session that watches it (RFC 5882 §4; pure), from one sight of it to the next.
import type { ObservedBfd } from '../seam.ts';

export type BfdNews = 'up' | 'down' | 'adminDown';

/**
 * In order. A session that was never up says nothing by being down, and a peer that took its own down on purpose has not failed. What went down and
 * up again between two sights has gone down.
 */
export function bfdNews(before: ObservedBfd | undefined, now: ObservedBfd | undefined): readonly BfdNews[] {
  if (now === undefined) return [];
  const wasUp = before?.state === 'up';
  const isUp = now.state === 'up';
  // Less than before: it was begun anew.
  const hasFailed = before !== undefined && now.failures > before.failures;
  if (hasFailed) return isUp ? ['down', 'up'] : ['down'];
  if (wasUp && !isUp) return [now.peerAdminDown || now.state === 'adminDown' ? 'adminDown' : 'down'];
  return isUp && !wasUp ? ['up'] : [];
}
