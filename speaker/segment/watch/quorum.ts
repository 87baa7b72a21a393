// How many other watchers must have voted silence before a watcher calls somebody dead (layer2 §3.5).

/** `others`: live watchers of the suspect beside this node. */
export function votesNeeded(others: number): number {
  return Math.min(others, Math.max(1, Math.ceil((others + 1) / 2) - 1));
}

/** After so many complete rounds in which too few voted at all, a watcher decides alone: the others may be dead too. */
export const lonelyRoundsLimit = 4;
