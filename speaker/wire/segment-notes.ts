// What the engines of a segment tell and nobody acts on: kept for the next report, and counted.
import type { Ip } from '#shared/net/ip.ts';
import type { MemberLife, SegmentCondition, SegmentEffect } from '../segment/effect.ts';
import type { NodeId } from '../segment/node-id.ts';
import type { ObservedForeignClaim } from '../seam.ts';
import type { Tally } from './tally.ts';

/** A conflict is over when nothing was seen of it for so long. */
const conflictMs = 60_000;
/** Of `ingot_failover_seconds`, a histogram that is counted here as its series. */
const failoverBuckets = [0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, Infinity];

type Note = Extract<
  SegmentEffect,
  { readonly kind: 'memberChanged' | 'ownerChanged' | 'foreignClaim' | 'condition' | 'unknownNode' }
>;

export interface NotedCondition {
  readonly condition: SegmentCondition;
  readonly about: NodeId | Ip | undefined;
}

export class SegmentNotes {
  readonly #tally: Tally;
  readonly #conditions = new Map<string, NotedCondition>();
  readonly #claims = new Map<Ip, { readonly claim: ObservedForeignClaim; readonly atMs: number }>();
  readonly #lives = new Map<NodeId, { readonly life: MemberLife; readonly sinceMs: number }>();
  /** When the node that was lost last was suspected first. */
  #failedSinceMs: number | undefined;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  get conditions(): readonly NotedCondition[] {
    return [...this.#conditions.values()];
  }

  note(effect: Note, segment: string, nowMs: number): void {
    switch (effect.kind) {
      case 'memberChanged':
        return this.#memberChanged(effect, segment, nowMs);
      case 'ownerChanged':
        return this.#ownerChanged(effect, nowMs);
      case 'foreignClaim': {
        const { ip, mac } = effect;
        this.#tally.add('ingot_address_conflicts_total', { kind: effect.while });
        this.#claims.set(ip, { claim: { ip, mac, while: effect.while }, atMs: nowMs });
        return;
      }
      case 'condition': {
        const { condition, about, holds } = effect;
        const key = `${condition} ${about}`;
        if (holds) this.#conditions.set(key, { condition, about });
        else this.#conditions.delete(key);
        return;
      }
      case 'unknownNode':
        return this.#tally.add('ingot_segment_dropped_total', { reason: 'unknownNode' });
    }
  }

  /** Those that still stand: while probing, the addresses that are `blocked`; while owning, for a minute. */
  foreignClaims(nowMs: number, isBlocked: (ip: Ip) => boolean): readonly ObservedForeignClaim[] {
    for (const [ip, { claim, atMs }] of this.#claims) {
      const isOver = claim.while === 'probing' ? !isBlocked(ip) : nowMs - atMs > conflictMs;
      if (isOver) this.#claims.delete(ip);
    }
    return Array.from(this.#claims.values(), ({ claim }) => claim);
  }

  #memberChanged({ id, to, cause }: Extract<Note, { kind: 'memberChanged' }>, segment: string, nowMs: number): void {
    const before = this.#lives.get(id);
    if (before?.life === 'suspect') this.#tally.add('ingot_segment_suspicions_total', { segment, outcome: to });
    if (to === 'down') {
      this.#tally.add('ingot_segment_failovers_total', { cause: cause ?? 'silent' });
      if (before?.life === 'suspect') this.#failedSinceMs = before.sinceMs;
    }
    if (to === 'gone') this.#lives.delete(id);
    else this.#lives.set(id, { life: to, sinceMs: nowMs });
  }

  /** An address is announced in the step in which it is taken. */
  #ownerChanged({ owns, cause }: Extract<Note, { kind: 'ownerChanged' }>, nowMs: number): void {
    if (!owns) return;
    this.#tally.add('ingot_address_moves_total', { cause });
    if (cause !== 'silent' || this.#failedSinceMs === undefined) return;
    const seconds = (nowMs - this.#failedSinceMs) / 1000;
    this.#tally.add('ingot_failover_seconds_count', {});
    this.#tally.add('ingot_failover_seconds_sum', {}, seconds);
    for (const bucket of failoverBuckets) {
      const le = bucket === Infinity ? '+Inf' : `${bucket}`;
      this.#tally.add('ingot_failover_seconds_bucket', { le }, seconds <= bucket ? 1 : 0);
    }
  }
}
