// The move budget (layer2 §5.3): fabrics freeze an address that moves 4 or 5 times within 180 s (RFC 7432 §15.1), so that no more than 3
// changes come of our own will. A dead owner overrides it.

const windowMs = 180_000;
/** Changes remembered of each address: no more are ever asked for. */
const allowedMoves = 3;

export function mayMove(changesMs: readonly number[], nowMs: number): boolean {
  return changesMs.filter((atMs) => nowMs - atMs < windowMs).length < allowedMoves;
}

export function withMove(changesMs: readonly number[], nowMs: number): readonly number[] {
  return [...changesMs, nowMs].slice(-allowedMoves);
}
