// Replay state per sender (layer2 §8): an incarnation and its window. A higher incarnation replaces; a lower one (a clock set back over a
// reboot) must first answer a challenge, which a recording cannot.
import type { Random } from '#shared/runtime/random.ts';
import type { Header } from '../message/header.ts';
import type { NodeId } from '../node-id.ts';
import { admitOnce, newReplayWindow, type ReplayWindow } from './replay-window.ts';

interface Sender {
  incarnation: number;
  window: ReplayWindow;
  challenge: { readonly nonce: bigint; readonly incarnation: number; readonly atMs: number } | undefined;
}

export type Senders = Map<NodeId, Sender>;

/** `challenge`: what to send before anything of that incarnation is believed; undefined: one was sent a moment ago. */
export type Freshness = 'fresh' | 'replayed' | { readonly challenge: bigint | undefined };

/** The members that a segment may have, and some that are gone. */
const maxSenders = 1_100;
const challengeIntervalMs = 1_000;

export function checkReplay(senders: Senders, header: Header, random: Random, nowMs: number): Freshness {
  const { sender: id, incarnation, sequence } = header;
  let sender = senders.get(id);
  if (sender === undefined) {
    if (senders.size >= maxSenders) return 'replayed';
    sender = { incarnation, window: newReplayWindow(), challenge: undefined };
    senders.set(id, sender);
  } else if (incarnation > sender.incarnation) {
    replace(sender, incarnation);
  } else if (incarnation < sender.incarnation) {
    return challenge(sender, incarnation, random, nowMs);
  }
  return admitOnce(sender.window, sequence) ? 'fresh' : 'replayed';
}

/** A sender proves with the nonce that it lives now: its incarnation counts from here on, though it is a lower one. */
export function acceptResponse(senders: Senders, { sender: id, incarnation }: Header, nonce: bigint): boolean {
  const sender = senders.get(id);
  if (sender?.challenge?.nonce !== nonce || sender.challenge.incarnation !== incarnation) return false;
  replace(sender, incarnation);
  return true;
}

function replace(sender: Sender, incarnation: number): void {
  sender.incarnation = incarnation;
  sender.window = newReplayWindow();
  sender.challenge = undefined;
}

function challenge(sender: Sender, incarnation: number, random: Random, nowMs: number): Freshness {
  if (sender.challenge !== undefined && nowMs - sender.challenge.atMs < challengeIntervalMs) {
    return { challenge: undefined };
  }
  const nonce = (BigInt(random.next32()) << 32n) | BigInt(random.next32());
  sender.challenge = { nonce, incarnation, atMs: nowMs };
  return { challenge: nonce };
}
