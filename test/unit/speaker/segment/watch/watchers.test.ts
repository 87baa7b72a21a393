import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mix32, placementHash, score } from '#speaker/desired/rendezvous.ts';
import { nodeIdFromBytes, nodeIdToBytes, type NodeId } from '#speaker/segment/node-id.ts';
import { memberHash } from '#speaker/segment/watch/member.ts';
import {
  addWatched,
  addWatcher,
  isWatcher,
  newWatcherLists,
  removeWatched,
  removeWatcher,
  watchersOf,
} from '#speaker/segment/watch/watchers.ts';

const ids: readonly NodeId[] = Array.from({ length: 12 }, (_, index) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, mix32(index + 1));
  return nodeIdFromBytes(bytes);
});

/** As specified: the best five by rendezvous hash of (watched, watcher). */
function expected(able: ReadonlySet<NodeId>, watched: NodeId): readonly NodeId[] {
  const hash = placementHash(nodeIdToBytes(watched));
  return [...able]
    .filter((id) => id !== watched)
    .toSorted((a, b) => score(hash, memberHash(b)) - score(hash, memberHash(a)))
    .slice(0, 5);
}

test('lists kept up to date one by one are those computed from all members', () => {
  const changes = fc.array(fc.tuple(fc.nat(ids.length - 1), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(changes, (steps) => {
      const lists = newWatcherLists();
      const able = new Set<NodeId>();
      for (const [index, comes] of steps) {
        const id = ids[index] as NodeId;
        addWatched(lists, id);
        if (comes) able.add(id);
        else able.delete(id);
        if (comes) addWatcher(lists, id);
        else removeWatcher(lists, id);
      }
      for (const watched of lists.of.keys()) expect(watchersOf(lists, watched)).toEqual(expected(able, watched));
    }),
  );
});

test('a node that is down is still watched but watches nobody; one that is gone is neither', () => {
  const lists = newWatcherLists();
  const [a, b] = ids as [NodeId, NodeId];
  for (const id of [a, b]) {
    addWatched(lists, id);
    addWatcher(lists, id);
  }
  removeWatcher(lists, b);
  expect([isWatcher(lists, a, b), isWatcher(lists, b, a)]).toEqual([false, true]);
  removeWatched(lists, b);
  expect(watchersOf(lists, b)).toEqual([]);
});
