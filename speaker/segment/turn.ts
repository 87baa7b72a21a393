// One step of a segment's engines: the time, what was decided, and when to come back.
import type { Random } from '#shared/runtime/random.ts';
import { uniform } from '#shared/runtime/random.ts';
import type { SegmentEffect } from './effect.ts';
import type { Endpoint } from './event.ts';
import type { Message } from './message/message.ts';
import type { NodeId } from './node-id.ts';
import type { Profile } from './profile.ts';

export interface SegmentConfig {
  readonly self: { readonly id: NodeId; readonly name: string; readonly incarnation: number };
  readonly profile: Profile;
  readonly random: Random;
  /** Where the speakers of other nodes listen. */
  readonly port: number;
}

/** When the engines want to go on; shared by them. */
export interface Pace {
  /** The earliest that anybody asked for. */
  wakeMs: number;
  /** What the shell was told. */
  armedMs: number;
  /** The shell drains its sockets: decisions wait for the end of it. */
  draining: boolean;
  /** This process only listens, yet: all it sends is marked so. */
  joining: boolean;
}

export interface Turn {
  readonly config: SegmentConfig;
  readonly nowMs: number;
  readonly effects: SegmentEffect[];
  readonly pace: Pace;
}

export function wakeBy({ pace }: Turn, atMs: number): void {
  if (atMs < pace.wakeMs) pace.wakeMs = atMs;
}

/** A timer never decides (layer2 §3.7): before something is concluded from silence, what waits in the sockets is taken in. */
export function askDrain({ pace, effects }: Turn): void {
  if (pace.draining) return;
  pace.draining = true;
  effects.push({ kind: 'drain' });
}

export function send({ effects, pace }: Turn, to: 'group' | 'otherSegments' | Endpoint, message: Message): void {
  effects.push({ kind: 'send', to, message, joining: pace.joining });
}

/** `ms`, up to so many percent more or less. */
export function jittered({ config }: Turn, ms: number, percent: number): number {
  return (ms * uniform(config.random, 1000 - 10 * percent, 1000 + 10 * percent)) / 1000;
}
