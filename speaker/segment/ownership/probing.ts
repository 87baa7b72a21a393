// Probing before first use (layer2 §6.3, RFC 5227 §2.1): three probes 200 ms apart, 0.8 s in all. Never in a failover.
import type { Mac } from '#shared/net/mac.ts';
import { uniform } from '#shared/runtime/random.ts';
import { askDrain, wakeBy } from '../turn.ts';
import type { Taking } from './claiming.ts';
import { isOrphan, mayClaim } from './eligibility.ts';
import { enter } from './phases.ts';
import type { Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';

const probes = 3;
const intervalMs = 200;
/** After the last one: 0.8 s in all. */
const lastIntervalMs = 400;
const blockedMs = 30_000;
/** Two of ours that cannot hear each other must not probe at the same time for ever. */
const blockedBlindMs = 10_000;
const blindSpreadMs = 5_000;

export function startProbing(turn: OwnershipTurn, address: Address): void {
  enter(turn, address, { kind: 'probing', sent: 0, nextMs: turn.nowMs });
  advanceProbing(turn, address);
}

/** Sends what is due; clean or not is decided elsewhere. */
export function advanceProbing(turn: OwnershipTurn, address: Address): void {
  const { effects, nowMs } = turn;
  const { phase } = address;
  if (phase.kind === 'blocked' && phase.nextMs <= nowMs) return startProbing(turn, address);
  if (phase.kind !== 'probing' || phase.nextMs > nowMs) return;
  if (phase.sent === probes) return askDrain(turn);
  effects.push({ kind: 'probeAddress', ip: address.ip });
  const nextMs = nowMs + (phase.sent + 1 === probes ? lastIntervalMs : intervalMs);
  enter(turn, address, { ...phase, sent: phase.sent + 1, nextMs });
  wakeBy(turn, nextMs);
}

export function decideProbing(turn: OwnershipTurn): readonly Taking[] {
  const takings: Taking[] = [];
  for (const address of turn.ownership.pending) {
    const { phase } = address;
    if (phase.kind !== 'probing' || phase.sent < probes || phase.nextMs > turn.nowMs) continue;
    if (!isOrphan(turn, address) || !mayClaim(turn, address)) {
      enter(turn, address, { kind: 'idle' });
      continue;
    }
    const adopted = turn.ownership.adoptable.get(address.ip);
    takings.push(
      adopted === undefined
        ? { address, reason: address.lastOwner === undefined ? 'new' : 'orphan', cause: address.lostBy ?? 'new' }
        : { address, reason: 'adopt', cause: 'adopt', adopted },
    );
  }
  return takings;
}

/** Somebody else has it who is no member. */
export function block(turn: OwnershipTurn, address: Address, mac: Mac): void {
  const { ownership, effects, nowMs, config } = turn;
  const waitMs = ownership.blind ? blockedBlindMs + uniform(config.random, 0, blindSpreadMs) : blockedMs;
  const nextMs = nowMs + waitMs;
  enter(turn, address, { kind: 'blocked', mac, nextMs });
  effects.push({ kind: 'foreignClaim', ip: address.ip, mac, while: 'probing' });
  wakeBy(turn, nextMs);
}
