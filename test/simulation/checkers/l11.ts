// L11: no decision from hearsay. Who says that a node is silent has heard nothing of it for long enough itself, and names as voters those who told
// it so; who believes that has no fresh evidence of its own; and votes tell what the voter heard itself.
import type { SegmentEffect } from '#speaker/segment/effect.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import type { ExplainedStep, ProcessRef } from '../observer.ts';
import { boundsMs } from './bounds.ts';
import type { Checker, Tally } from './checker.ts';
import { PerSegment } from './per-segment.ts';
import type { Scene } from './scene.ts';

interface Heard {
  /** When the last packet of each came. */
  readonly fromMs: Map<NodeId, number>;
  /** When each last said something of another, by `voter about`. */
  readonly votedMs: Map<string, number>;
}

const voteLastsMs = 1_000;
/** Ages are told in whole milliseconds. */
const roundingMs = 1;

export class L11 implements Checker {
  readonly #scene: Scene;
  readonly #tally: Tally;
  readonly #heard = new PerSegment<Heard>(() => ({ fromMs: new Map(), votedMs: new Map() }));

  constructor(scene: Scene, tally: Tally) {
    this.#scene = scene;
    this.#tally = tally;
  }

  ended(process: ProcessRef): void {
    this.#heard.ended(process);
  }

  explained(process: ProcessRef, step: ExplainedStep): void {
    const { event, effects, segment } = step;
    const heard = this.#heard.of(process, segment);
    if (event.kind === 'packet') {
      const { header, message } = event;
      if (!header.joining) heard.fromMs.set(header.sender, event.nowMs);
      if (message.kind === 'vote') heard.votedMs.set(`${header.sender} ${message.about}`, event.nowMs);
      if (message.kind === 'down' && message.cause === 'silent' && falls(effects, message.about)) {
        this.#judgeSilence(process, step, heard, message.about, 'believes');
      }
    }
    for (const effect of effects) if (effect.kind === 'send') this.#judgeSent(process, step, heard, effect);
  }

  #judgeSent(
    process: ProcessRef,
    step: ExplainedStep,
    heard: Heard,
    { message }: Extract<SegmentEffect, { kind: 'send' }>,
  ): void {
    const { nowMs } = step.event;
    if (message.kind === 'vote') {
      const ageMs = nowMs - (heard.fromMs.get(message.about) ?? -Infinity);
      const holds = message.beatAgeMs === undefined || Math.abs(message.beatAgeMs - ageMs) <= roundingMs;
      this.#tally.judge(holds, process.node, () => {
        return `votes that it heard ${this.#name(message.about)} ${message.beatAgeMs} ms ago, and that was ${ageMs} ms ago`;
      });
    } else if (message.kind === 'down' && message.cause === 'silent' && falls(step.effects, message.about)) {
      this.#judgeSilence(process, step, heard, message.about, 'says');
      for (const voter of message.voters) {
        const votedMs = heard.votedMs.get(`${voter} ${message.about}`) ?? -Infinity;
        this.#tally.judge(nowMs - votedMs <= voteLastsMs, process.node, () => {
          return `says that ${this.#name(voter)} voted ${this.#name(message.about)} down, and it did not`;
        });
      }
    }
  }

  #judgeSilence(process: ProcessRef, { event }: ExplainedStep, { fromMs }: Heard, about: NodeId, what: string): void {
    const ms = event.nowMs - (fromMs.get(about) ?? -Infinity);
    const holds = ms >= boundsMs.suspicion;
    this.#tally.judge(
      holds,
      process.node,
      () => `${what} that ${this.#name(about)} is down, and heard it ${ms} ms ago`,
    );
  }

  #name(id: NodeId): string {
    return this.#scene.world.nameOf(id);
  }
}

/** This node calls it dead from now on. */
function falls(effects: readonly SegmentEffect[], id: NodeId): boolean {
  return effects.some((effect) => effect.kind === 'memberChanged' && effect.id === id && effect.to === 'down');
}
