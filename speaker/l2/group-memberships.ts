// The multicast groups of one packet socket (shell): joined and left a few a turn, for each costs a system call that grows with their number.
import type { Ip } from '#shared/net/ip.ts';
import type { Cancel, Clock } from '#shared/runtime/clock.ts';
import type { PacketSocket, SystemFailure } from './packet-socket.ts';

/** Measured: 6 µs each at 500 groups, 150 µs at 4,000. */
export const changesPerTurn = 32;

export interface GroupMembershipsDependencies {
  readonly clock: Clock;
  /** Called first in every turn. */
  readonly gapEnded: () => boolean;
  /** More groups are settled. */
  readonly settled: () => void;
}

export class GroupMemberships {
  readonly #socket: PacketSocket;
  readonly #dependencies: GroupMembershipsDependencies;
  readonly #joined = new Set<Ip>();
  readonly #refused = new Map<Ip, SystemFailure>();
  readonly #toJoin = new Set<Ip>();
  readonly #toLeave = new Set<Ip>();
  #changesLeft = changesPerTurn;
  #nextTurn: Cancel | undefined;

  constructor(socket: PacketSocket, dependencies: GroupMembershipsDependencies) {
    this.#socket = socket;
    this.#dependencies = dependencies;
  }

  /** Why a wanted group was not joined; another one may have been refused otherwise. */
  get failure(): SystemFailure | undefined {
    const [first] = this.#refused.values();
    return first;
  }

  /** It is joined, or was refused: what is not heard may still be announced. */
  isSettled(group: Ip): boolean {
    return this.#joined.has(group) || this.#refused.has(group);
  }

  /** Joins these, in their order; as many as one turn may change are settled when it returns. */
  want(groups: Iterable<Ip>): void {
    for (const group of groups) {
      this.#toLeave.delete(group);
      if (!this.isSettled(group)) this.#toJoin.add(group);
    }
    this.#change();
  }

  /** Leaves these. */
  unwant(groups: Iterable<Ip>): void {
    for (const group of groups) {
      this.#toJoin.delete(group);
      this.#refused.delete(group);
      if (this.#joined.has(group)) this.#toLeave.add(group);
    }
    this.#change();
  }

  /** Tries again what was refused. */
  retry(): void {
    for (const group of this.#refused.keys()) this.#toJoin.add(group);
    this.#change();
  }

  /** Changes nothing any more; the socket's end is the end of its memberships. */
  close(): void {
    this.#nextTurn?.();
  }

  /** What can be done in this turn: groups are joined first. */
  #change(): void {
    for (const group of this.#toJoin) {
      if (this.#changesLeft === 0) return;
      this.#count();
      this.#join(group);
    }
    for (const group of this.#toLeave) {
      if (this.#changesLeft === 0) return;
      this.#count();
      this.#leave(group);
    }
  }

  #count(): void {
    this.#changesLeft--;
    this.#nextTurn ??= this.#dependencies.clock.after(0, () => {
      this.#dependencies.gapEnded();
      this.#nextTurn = undefined;
      this.#changesLeft = changesPerTurn;
      if (this.#toJoin.size + this.#toLeave.size === 0) return;
      this.#change();
      this.#dependencies.settled();
    });
  }

  #join(group: Ip): void {
    this.#toJoin.delete(group);
    const failure = this.#socket.join(group);
    if (failure !== undefined) {
      this.#refused.set(group, failure);
      return;
    }
    this.#joined.add(group);
    this.#refused.delete(group);
  }

  #leave(group: Ip): void {
    this.#toLeave.delete(group);
    this.#socket.leave(group);
    this.#joined.delete(group);
  }
}
