// Claims are told again and again, as each telling may get lost (layer2 §5.3): at 30 and 120 ms and with each announcement.
import { claimListBytes, type ClaimReason } from '../message/claim.ts';
import { splitAddressList, type AddressEntry } from '../message/address-list.ts';
import type { Endpoint } from '../event.ts';
import { send, wakeBy } from '../turn.ts';
import { isAnswering, isOwn, type Address } from './record.ts';
import type { OwnershipTurn } from './state.ts';

/** One claim of many addresses, and how often it has been repeated. */
export interface ClaimRepeats {
  readonly startMs: number;
  readonly claimed: readonly { readonly address: Address; readonly epoch: number }[];
  next: number;
}

const repeatsMs = [30, 120, 1_100, 2_200, 3_300, 4_400];
/** More claims than this in 4.4 s are repeated by the table alone. */
const maxBatches = 256;

export function entryOf(address: Address): AddressEntry {
  const { ip, epoch, minority, phase } = address;
  return { ip, epoch, minority, handOff: phase.kind === 'handingOff', silent: !isAnswering(address) };
}

export function sayClaim(
  turn: OwnershipTurn,
  reason: ClaimReason,
  addresses: readonly Address[],
  to: 'group' | Endpoint = 'group',
): void {
  for (const entries of splitAddressList(addresses.map(entryOf), claimListBytes)) {
    send(turn, to, { kind: 'claim', reason, entries });
  }
}

export function repeatLater(turn: OwnershipTurn, addresses: readonly Address[]): void {
  const { ownership, nowMs } = turn;
  if (ownership.repeats.length >= maxBatches) return;
  const claimed = addresses.map((address) => ({ address, epoch: address.epoch }));
  ownership.repeats.push({ startMs: nowMs, claimed, next: 0 });
  wakeBy(turn, nextRepeatMs(turn));
}

export function nextRepeatMs({ ownership }: OwnershipTurn): number {
  let nextMs = Infinity;
  for (const { startMs, next } of ownership.repeats) nextMs = Math.min(nextMs, startMs + (repeatsMs[next] ?? Infinity));
  return nextMs;
}

/** Only what is still held by the same claim. */
export function repeatClaims(turn: OwnershipTurn): void {
  const { ownership, nowMs } = turn;
  for (const repeats of ownership.repeats) {
    if (nowMs < repeats.startMs + (repeatsMs[repeats.next] ?? Infinity)) continue;
    while (nowMs >= repeats.startMs + (repeatsMs[repeats.next] ?? Infinity)) repeats.next++;
    const held = repeats.claimed.filter(({ address, epoch }) => isOwn(address) && address.epoch === epoch);
    if (held.length > 0)
      sayClaim(
        turn,
        'repeat',
        held.map(({ address }) => address),
      );
  }
  const left = ownership.repeats.filter(({ next }) => next < repeatsMs.length);
  if (left.length < ownership.repeats.length) ownership.repeats.splice(0, ownership.repeats.length, ...left);
}
