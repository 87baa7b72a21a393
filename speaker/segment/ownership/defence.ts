// Answers to worse claims (layer2 §5.3): a CLAIM and an announcement now and after 150 ms, at most once a second per address, and once per
// 10 s after the third.
import type { Endpoint } from '../event.ts';
import { wakeBy } from '../turn.ts';
import { isAnswering, type Address } from './record.ts';
import { sayClaim } from './repeats.ts';
import type { OwnershipTurn } from './state.ts';

const againMs = 150;
const intervalMs = 1_000;
const laterIntervalMs = 10_000;
const quickDefences = 3;

/** `claimant`: where whoever claimed is to be told; what is told to the group may be filtered or lost. */
export function defend(turn: OwnershipTurn, addresses: readonly Address[], claimant: Endpoint | undefined): void {
  const { ownership, nowMs } = turn;
  const defended = addresses.filter((address) => countDefence(address, nowMs));
  if (defended.length === 0) return;
  sayClaim(turn, 'defend', defended);
  if (claimant !== undefined) sayClaim(turn, 'defend', defended, claimant);
  for (const address of defended) {
    announce(turn, address);
    ownership.reannounce.push({ atMs: nowMs + againMs, address });
  }
  wakeBy(turn, nowMs + againMs);
}

export function announceAgain(turn: OwnershipTurn): void {
  const { ownership, nowMs } = turn;
  const due = ownership.reannounce.filter(({ atMs }) => atMs <= nowMs);
  if (due.length === 0) return;
  const later = ownership.reannounce.filter(({ atMs }) => atMs > nowMs);
  ownership.reannounce.splice(0, ownership.reannounce.length, ...later);
  for (const { address } of due) announce(turn, address);
}

export function announce({ effects, ownership }: OwnershipTurn, address: Address): void {
  if (isAnswering(address) && ownership.mute === undefined) effects.push({ kind: 'announce', ip: address.ip });
}

/** True when it is time for one. One that hands off is about to lose it anyway. */
function countDefence(address: Address, nowMs: number): boolean {
  const { phase } = address;
  if (phase.kind !== 'owner') return phase.kind === 'handingOff';
  const passedMs = nowMs - phase.defendedMs;
  const defences = passedMs > 6 * laterIntervalMs ? 0 : phase.defences;
  if (passedMs < (defences < quickDefences ? intervalMs : laterIntervalMs)) return false;
  address.phase = { ...phase, defences: defences + 1, defendedMs: nowMs };
  return true;
}
