// Where two objects claim the same thing, the older one has it.
import type { Meta } from '../kube/objects/view.ts';

/** Oldest first; objects of one second are told apart by uid. */
export function compareAge(a: Meta, b: Meta): number {
  if (a.createdMs !== b.createdMs) return a.createdMs - b.createdMs;
  if (a.uid === b.uid) return 0;
  return a.uid < b.uid ? -1 : 1;
}
