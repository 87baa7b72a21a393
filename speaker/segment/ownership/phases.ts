// How the phase of an address changes: the only place where it is written, so that who waits and who is expected is always known.
import type { OwnerCause } from '../effect.ts';
import { setOwner, type Claimed } from './holdings.ts';
import { isAnswering, isOwn, type Address, type Phase } from './record.ts';
import type { OwnershipTurn } from './state.ts';

export function enter(turn: OwnershipTurn, address: Address, phase: Phase): void {
  const { pending } = turn.ownership;
  expect(turn, address.phase, -1);
  expect(turn, phase, 1);
  address.phase = phase;
  if (phase.kind !== 'wait') address.waitSinceMs = undefined;
  if (phase.kind === 'idle' || phase.kind === 'owner') pending.delete(address);
  else pending.add(address);
}

function expect({ ownership: { expected }, config: { self } }: OwnershipTurn, phase: Phase, by: 1 | -1): void {
  if (phase.kind !== 'wait' && phase.kind !== 'probing') return;
  const id = phase.kind === 'wait' ? phase.expected : self.id;
  expected.set(id, (expected.get(id) ?? 0) + by);
}

/** Silent in this very step, whoever owns it from now on. */
export function letGo(turn: OwnershipTurn, address: Address, to: Claimed | undefined, cause: OwnerCause): void {
  const wasOwn = isOwn(address);
  if (isAnswering(address)) turn.effects.push({ kind: 'silence', ips: [address.ip] });
  enter(turn, address, { kind: 'idle' });
  setOwner(turn.ownership, address, to, turn);
  if (wasOwn) turn.effects.push({ kind: 'ownerChanged', ip: address.ip, owns: false, cause });
}

/** The same for many, in one effect. */
export function letGoAll(turn: OwnershipTurn, addresses: readonly Address[], cause: OwnerCause): void {
  const answered = addresses.filter(isAnswering).map(({ ip }) => ip);
  if (answered.length > 0) turn.effects.push({ kind: 'silence', ips: answered });
  for (const address of addresses) {
    const wasOwn = isOwn(address);
    enter(turn, address, { kind: 'idle' });
    setOwner(turn.ownership, address, undefined, turn);
    if (wasOwn) turn.effects.push({ kind: 'ownerChanged', ip: address.ip, owns: false, cause });
  }
}
