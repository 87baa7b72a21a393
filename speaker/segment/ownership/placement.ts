// Where orphans go (layer2 §5.4): in ascending hash of their placement keys, each to the first of the live candidates in an order of whole
// numbers, whose load is counted up before the next. Nodes that know the same place the same; what differs is settled by the order of claims.
import { score } from '../../desired/rendezvous.ts';
import { rankSkewMs } from '../profile.ts';
import { uniform } from '#shared/runtime/random.ts';
import { askDrain, wakeBy } from '../turn.ts';
import { memberHash, type Member } from '../watch/member.ts';
import type { NodeId } from '../node-id.ts';
import { serves, type Candidate, type DesiredAddress } from './desired-address.ts';
import { mayClaim, isOrphan } from './eligibility.ts';
import { enter } from './phases.ts';
import type { Address } from './record.ts';
import type { OwnershipState, OwnershipTurn } from './state.ts';

/** A live candidate, as the order looks at it. */
export interface Contender {
  readonly id: NodeId;
  readonly hash: number;
  readonly preference: number;
  readonly ready: boolean;
  readonly hasReadyEndpoint: boolean;
  /** Shared by all that stand for the node. */
  readonly load: { count: number };
}

/** So many scores are compared in one step; the rest comes with the next. */
const scoresPerStep = 20_000;
const skewedRanks = 6;
const longestRandomMs = 5_000;
const blindSkewMs = 1_000;

/** Ranks this node for the orphans; those that are its turn at once are waited for no longer than the next decision. */
export function placeOrphans(turn: OwnershipTurn): void {
  const { ownership: state } = turn;
  if (state.orphans.size === 0 || state.mute !== undefined || state.phase !== 'joined') return;
  // All that a sweep finds is placed together, or the order would be that of the slices.
  if (state.sweeping.length > 0) return;
  for (const address of state.orphans) withdraw(turn, address);
  const batch = new Batch(turn);
  let scores = 0;
  for (const address of [...state.orphans].toSorted(inPlacementOrder)) {
    if (scores > scoresPerStep) return wakeBy(turn, turn.nowMs);
    state.orphans.delete(address);
    if (address.phase.kind !== 'idle' || !isOrphan(turn, address) || !mayClaim(turn, address)) continue;
    scores += place(turn, address, batch);
  }
}

/** What was expected of those that are placed anew must not count as load. */
function withdraw(turn: OwnershipTurn, address: Address): void {
  if (address.phase.kind !== 'wait') return;
  const { waitSinceMs } = address;
  enter(turn, address, { kind: 'idle' });
  address.waitSinceMs = waitSinceMs;
}

function place(turn: OwnershipTurn, address: Address, batch: Batch): number {
  const { nowMs, config, ownership } = turn;
  const sinceMs = address.waitSinceMs ?? nowMs;
  const contenders = batch.contendersOf(address);
  const ranking = batch.rank(address, contenders, config.self.id);
  batch.load(ranking.first).count++;
  const skewMs = ownership.blind ? ranking.own * blindSkewMs : waitMs(turn, ranking.own);
  const untilMs = Math.max(sinceMs + skewMs, address.holdOffUntilMs);
  enter(turn, address, { kind: 'wait', rank: ranking.own, untilMs, expected: ranking.first });
  address.waitSinceMs = sinceMs;
  if (untilMs <= nowMs) askDrain(turn);
  else wakeBy(turn, untilMs);
  return contenders.length;
}

function waitMs({ config, watch }: OwnershipTurn, rank: number): number {
  if (rank < skewedRanks) return rank * rankSkewMs;
  const spreadMs = Math.min(longestRandomMs, rankSkewMs * watch.members.size);
  return skewedRanks * rankSkewMs + uniform(config.random, 0, spreadMs);
}

function inPlacementOrder(a: Address, b: Address): number {
  return a.keyHash - b.keyHash || (a.ip < b.ip ? -1 : 1);
}

/** The first of the order for one address, this node and some others left out: whom to hand it to. */
export function bestTarget(turn: OwnershipTurn, address: Address, excluded: readonly NodeId[]): NodeId | undefined {
  const batch = new Batch(turn);
  const able = batch.contendersOf(address).filter(({ id }) => id !== turn.config.self.id && !excluded.includes(id));
  return able.length === 0 ? undefined : batch.rank(address, able, turn.config.self.id).first;
}

/** What is the same for all addresses that are placed in one go. */
export class Batch {
  readonly #turn: OwnershipTurn;
  readonly #loads = new Map<NodeId, { count: number }>();
  readonly #contenders = new Map<DesiredAddress['candidates'], readonly Contender[]>();

  constructor(turn: OwnershipTurn) {
    this.#turn = turn;
  }

  load(id: NodeId): { count: number } {
    let load = this.#loads.get(id);
    if (load === undefined) {
      load = { count: loadOf(this.#turn.ownership, id) };
      this.#loads.set(id, load);
    }
    return load;
  }

  contendersOf({ desired }: Address): readonly Contender[] {
    if (desired === undefined) return [];
    let contenders = this.#contenders.get(desired.candidates);
    if (contenders === undefined) this.#contenders.set(desired.candidates, (contenders = this.#collect(desired)));
    return contenders;
  }

  rank(address: Address, contenders: readonly Contender[], self: NodeId): { first: NodeId; own: number } {
    const cap = loadCap(this.#turn.ownership.placeable, contenders.length);
    const bundle = bundleOwners(this.#turn.ownership, address);
    const me = contenders.find(({ id }) => id === self);
    let first: Contender | undefined;
    let own = 0;
    for (const contender of contenders) {
      if (first === undefined || comesBefore(contender, first, address, cap, bundle)) first = contender;
      if (me !== undefined && contender !== me && comesBefore(contender, me, address, cap, bundle)) own++;
    }
    return { first: first?.id ?? self, own };
  }

  #collect({ candidates }: NonNullable<Address['desired']>): readonly Contender[] {
    const { watch, config, ownership } = this.#turn;
    const contenders: Contender[] = [];
    for (const [id, candidate] of candidates) {
      const member = watch.members.get(id);
      const isThere =
        id === config.self.id || ownership.blind || (member !== undefined && takesOrphans(member, candidate));
      if (!isThere) continue;
      const { preference, hasReadyEndpoint } = candidate;
      const ready = watch.nodes.get(id)?.ready ?? false;
      const hash = member?.hash ?? memberHash(id);
      contenders.push({ id, hash, preference, ready, hasReadyEndpoint, load: this.load(id) });
    }
    return contenders;
  }
}

/** A process that joins will be a member in a moment: it counts, so that not everything goes to whoever is first after a cold start. */
function takesOrphans(member: Member, candidate: Candidate): boolean {
  const { down, absence, flags, interfaceName } = member;
  return (
    down === undefined && absence === undefined && !flags.noClaim && !flags.draining && serves(candidate, interfaceName)
  );
}

/** ceil(1.1 × addresses / nodes), in whole numbers. */
export function loadCap(addresses: number, nodes: number): number {
  return nodes === 0 ? 0 : Math.floor((11 * addresses + 10 * nodes - 1) / (10 * nodes));
}

function loadOf({ holdings, expected }: OwnershipState, id: NodeId): number {
  return (holdings.get(id)?.addresses.size ?? 0) + (expected.get(id) ?? 0);
}

function bundleOwners({ bundles }: OwnershipState, address: Address): readonly NodeId[] {
  const key = address.desired?.placementKey;
  const others = key === undefined ? undefined : bundles.get(key);
  if (others === undefined || others.length < 2) return none;
  return others
    .filter((other) => other !== address)
    .map(({ owner, phase }) => owner ?? (phase.kind === 'wait' ? phase.expected : undefined))
    .filter((id) => id !== undefined);
}

const none: readonly NodeId[] = [];

function comesBefore(
  a: Contender,
  b: Contender,
  { keyHash }: Address,
  cap: number,
  bundle: readonly NodeId[],
): boolean {
  if (a.preference !== b.preference) return a.preference > b.preference;
  if (bundle.length > 0) {
    const [inA, inB] = [bundle.includes(a.id), bundle.includes(b.id)];
    if (inA !== inB) return inA;
  }
  if (a.ready !== b.ready) return a.ready;
  if (a.load.count < cap !== b.load.count < cap) return a.load.count < cap;
  if (a.hasReadyEndpoint !== b.hasReadyEndpoint) return a.hasReadyEndpoint;
  const difference = score(keyHash, a.hash) - score(keyHash, b.hash);
  return difference === 0 ? a.id > b.id : difference > 0;
}
