// L13: nothing is decided by a timer, nor after this thread stood still, before all that waits to be read has been read.
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { ExplainedStep, ProcessRef } from '../observer.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { PerSegment } from './per-segment.ts';
import type { Scene } from './scene.ts';

interface Reading {
  /** It stood still, and has not read everything since. */
  isBehind: boolean;
  lateMs: number;
}

const decided: ReadonlySet<string> = new Set(['orphan', 'new']);

export class L13 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #readings = new PerSegment<Reading>(() => ({ isBehind: false, lateMs: 0 }));

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  ended(process: ProcessRef): void {
    this.#readings.ended(process);
  }

  explained(process: ProcessRef, { segment, event, effects }: ExplainedStep): void {
    const reading = this.#readings.of(process, segment);
    if (event.kind === 'gap' && event.lateMs > boundsMs.gap) {
      reading.isBehind = true;
      reading.lateMs = event.lateMs;
    }
    if (event.kind === 'drained') {
      reading.isBehind = false;
      const unread = this.#scene.world.machine(process.node).kernel.unreadDatagrams(process.name, segment);
      this.#tally.judge(unread === 0, process.node, () => `decides while ${unread} datagrams wait to be read`);
    }
    for (const effect of effects) this.#judge(process, event.kind, reading, effect);
  }

  #judge({ node }: ProcessRef, event: string, { isBehind, lateMs }: Reading, effect: SegmentEffect): void {
    const what = decisionIn(effect, event);
    if (what === undefined) return;
    const isByTimer = event === 'wake' || event === 'gap';
    this.#tally.judge(!isByTimer && !isBehind, node, () => {
      return isBehind ? `${what} after a gap of ${lateMs} ms before it has read what waited` : `${what} by a timer`;
    });
  }
}

/** A verdict of its own about a member, or a claim that follows from the silence of others. */
function decisionIn(effect: SegmentEffect, event: string): string | undefined {
  if (effect.kind === 'memberChanged') {
    const { to, cause, id } = effect;
    const isOfSilence = cause === 'silent' || cause === 'deaf' || cause === 'speakerDown';
    return to === 'down' && isOfSilence && event !== 'packet' ? `calls ${id} down` : undefined;
  }
  if (effect.kind !== 'send') return undefined;
  const { message } = effect;
  // Repeats of what was decided come by timers.
  if (message.kind === 'claim' && decided.has(message.reason)) return `claims ${message.entries[0]?.ip}`;
  return undefined;
}
