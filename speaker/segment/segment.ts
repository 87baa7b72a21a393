// One LAN as this node sees it (layer2 §2): the liveness and the ownership engine of a segment, stepped together. Whole inside, pure outside:
// the same events give the same effects. The state is changed in place, so that a step costs microseconds whatever its size.
import type { SegmentEffect } from './effect.ts';
import type { Link, SegmentEvent } from './event.ts';
import type { NodeId } from './node-id.ts';
import { finishOwnership, hearNews, initialOwnership, nextOwnershipMs, stepOwnership } from './ownership/ownership.ts';
import { ownSummary } from './ownership/peer-table.ts';
import type { OwnershipState } from './ownership/state.ts';
import type { Pace, SegmentConfig } from './turn.ts';
import { sayHello } from './watch/hello.ts';
import { isMajority } from './watch/life.ts';
import type { HoldingsView, MemberNews, WatchState } from './watch/state.ts';
import { initialWatch, nextWatchMs, stepWatch } from './watch/watch.ts';

export interface SegmentState {
  readonly watch: WatchState;
  readonly ownership: OwnershipState;
  readonly pace: Pace;
  readonly holdings: HoldingsView;
}

interface SegmentStep {
  readonly state: SegmentState;
  readonly effects: readonly SegmentEffect[];
}

export function initialSegment(self: NodeId, link: Link): SegmentState {
  const ownership = initialOwnership();
  return {
    watch: initialWatch(self, link),
    ownership,
    pace: { wakeMs: Infinity, armedMs: Infinity, draining: false, joining: false },
    holdings: holdingsView(ownership, self),
  };
}

export function stepSegment(state: SegmentState, event: SegmentEvent, config: SegmentConfig): SegmentStep {
  const { watch, ownership, pace, holdings } = state;
  const effects: SegmentEffect[] = [];
  const news: MemberNews[] = [];
  const turn = {
    config,
    nowMs: event.nowMs,
    effects,
    pace,
    watch,
    ownership,
    holdings,
    news,
    isMajority: () => isMajority(turn),
  };
  const isTimed = event.kind === 'wake' || event.kind === 'drained';
  if (event.kind === 'wake') pace.armedMs = Infinity;
  if (event.kind === 'drained') pace.draining = false;
  stepWatch(turn, event);
  for (const item of news) {
    const before = effects.length;
    hearNews(turn, item);
    if (item.kind !== 'joined') continue;
    // Others must know who claims, and the HELLO tells of what was adopted.
    const adopted = effects.splice(before);
    sayHello(turn);
    effects.push(...adopted);
  }
  stepOwnership(turn, event);
  finishOwnership(turn);
  if (isTimed) pace.wakeMs = Math.min(nextWatchMs(turn), nextOwnershipMs(turn));
  // Whole milliseconds, as timers have: a deadline missed by a rounding error would be armed for ever.
  const atMs = Math.max(Math.ceil(pace.wakeMs), event.nowMs);
  if (atMs < pace.armedMs) {
    pace.armedMs = atMs;
    effects.push({ kind: 'wakeAt', atMs });
  }
  return { state, effects };
}

function holdingsView(ownership: OwnershipState, self: NodeId): HoldingsView {
  return {
    summary: () => ownSummary(ownership, self),
    ownedCount: () => ownership.holdings.get(self)?.addresses.size ?? 0,
    answeredBy(id) {
      for (const { ip, silent, desired } of ownership.holdings.get(id)?.addresses ?? []) {
        if (!silent && desired?.answer === true) return ip;
      }
      return undefined;
    },
  };
}
