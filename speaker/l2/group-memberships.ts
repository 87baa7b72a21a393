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
  #wanted: ReadonlySet<Ip> = new Set();
  /** Those to be joined, then those to be left. */
  #pending: Ip[] = [];
  #next: Cancel | undefined;

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

  /** The whole set, in the order in which they are to be joined. Those of the first turn are settled when it returns. */
  want(groups: ReadonlySet<Ip>): void {
    this.#wanted = groups;
    for (const group of this.#refused.keys()) if (!groups.has(group)) this.#refused.delete(group);
    this.#begin();
  }

  /** Tries again what was refused. */
  retry(): void {
    if (this.#refused.size > 0) this.#begin(this.#refused);
  }

  /** Changes nothing any more; the socket's end is the end of its memberships. */
  close(): void {
    this.#next?.();
  }

  #begin(again: ReadonlyMap<Ip, SystemFailure> = new Map()): void {
    const toJoin = [...this.#wanted].filter((group) => again.has(group) || !this.isSettled(group));
    const toLeave = [...this.#joined].filter((group) => !this.#wanted.has(group));
    this.#pending = [...toJoin, ...toLeave];
    this.#change();
  }

  #change(): void {
    this.#next?.();
    this.#next = undefined;
    for (const group of this.#pending.splice(0, changesPerTurn)) {
      if (this.#wanted.has(group)) this.#join(group);
      else this.#leave(group);
    }
    if (this.#pending.length === 0) return;
    this.#next = this.#dependencies.clock.after(0, () => {
      this.#dependencies.gapEnded();
      this.#change();
      this.#dependencies.settled();
    });
  }

  #join(group: Ip): void {
    const failure = this.#socket.join(group);
    if (failure !== undefined) {
      this.#refused.set(group, failure);
      return;
    }
    this.#joined.add(group);
    this.#refused.delete(group);
  }

  #leave(group: Ip): void {
    this.#socket.leave(group);
    this.#joined.delete(group);
  }
}
