// Whose address it is, seen from outside: whoever answers for it, the first if there are two, the last if there is none. And why another one does now.
import type { Ip } from '#shared/net/ip.ts';
import { boundsMs } from './bounds.ts';
import type { Candidates } from './candidates.ts';
import type { Scene } from './scene.ts';

export interface Move {
  readonly ip: Ip;
  readonly from: string;
  readonly to: string;
  /**
   * `own`: what is declared of one of the two changed, or something befell the first. `others`: that was so of others only. `none`: of nobody.
   */
  readonly cause: 'own' | 'others' | 'none';
}

interface Owner {
  readonly node: string;
  readonly sinceUs: number;
  /** Whose it was before. */
  readonly before: string | undefined;
  /** What was declared since nobody answers. */
  readonly silent: Candidates[];
}

export class Owners {
  readonly #scene: Scene;
  readonly #moved: (move: Move) => void;
  readonly #owners = new Map<Ip, Owner>();

  constructor(scene: Scene, moved: (move: Move) => void) {
    this.#scene = scene;
    this.#moved = moved;
    scene.onTouched((ip) => this.#look(ip));
  }

  answering(node: string, ip: Ip, isAnswering: boolean): void {
    const owner = this.#owners.get(ip);
    const answerers = this.#scene.answerers(ip);
    if (isAnswering) {
      if (owner === undefined || !answerers.has(owner.node) || owner.node === node) this.#becomes(node, ip, owner);
      return;
    }
    const [other] = answerers;
    if (owner?.node === node && other !== undefined) this.#becomes(other, ip, owner);
  }

  #becomes(node: string, ip: Ip, owner: Owner | undefined): void {
    const { nowUs } = this.#scene;
    const sinceUs = owner?.node === node ? owner.sinceUs : nowUs;
    // Two that took it at once have settled who has it: that is one move.
    const isSettled = owner !== undefined && owner.node !== node && nowUs - owner.sinceUs <= boundsMs.twice * 1000;
    const from = isSettled ? owner.before : owner?.node;
    this.#owners.set(ip, { node, sinceUs, before: owner?.node === node ? owner.before : from, silent: [] });
    if (owner === undefined || from === undefined || from === node) return;
    this.#moved({ ip, from, to: node, cause: this.#cause(ip, { ...owner, node: from }, node) });
  }

  #isHeld(node: string): boolean {
    const threads = this.#scene.world.machines.get(node)?.process('speaker')?.threads ?? [];
    return threads.some((thread) => thread.isHeld);
  }

  /** With the key of another cluster it settles by ARP alone who has an address. */
  #isForeign(node: string): boolean {
    return [...this.#scene.world.activeFaults].some((fault) => fault.kind === 'wrong key' && fault.node === node);
  }

  #look(ip: Ip): void {
    if (this.#scene.world.shown.holders(ip).size === 0) this.#owners.delete(ip);
    else if (this.#scene.answerers(ip).size === 0)
      this.#owners.get(ip)?.silent.push(...this.#scene.candidates.since(ip));
  }

  #cause(ip: Ip, { node: from, silent }: Owner, to: string): Move['cause'] {
    const { disturbances, world } = this.#scene;
    // The owner stands still for a moment, as anybody may, while one is back who does not know yet that it is no longer his.
    if (this.#isForeign(to) || disturbances.excuses(from, ip) || (this.#isHeld(from) && disturbances.isReturning(to)))
      return 'own';
    const states = new Set([...silent, ...this.#scene.candidates.since(ip)]);
    const hasChanged = (node: string): boolean => new Set(Array.from(states, (state) => rankOf(node, state))).size > 1;
    if (hasChanged(from) || hasChanged(to)) return 'own';
    const isOther = [...world.machines.keys()].some((node) => disturbances.excuses(node, ip));
    return states.size > 1 || isOther ? 'others' : 'none';
  }
}

function rankOf(node: string, { nodes }: Candidates): string {
  const isReady = nodes.get(node);
  return isReady === undefined ? 'none' : String(isReady);
}
