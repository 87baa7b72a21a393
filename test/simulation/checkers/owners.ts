// Whose address it is, seen from outside: the last one that began to answer for it. And why another one does now.
import type { Ip } from '#shared/net/ip.ts';
import type { Candidates } from './candidates.ts';
import type { Scene } from './scene.ts';

export interface Move {
  readonly ip: Ip;
  readonly from: string;
  readonly to: string;
  /** `own`: what is declared of one of the two changed. `others`: only what is declared of others did. `none`: nothing changed at all. */
  readonly cause: 'own' | 'others' | 'none';
}

interface Owner {
  readonly node: string;
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
    if (isAnswering) this.#begins(node, ip, owner);
    else if (owner?.node === node) {
      const [other] = this.#scene.answerers(ip);
      if (other !== undefined) this.#owners.set(ip, { node: other, silent: [] });
    }
  }

  #begins(node: string, ip: Ip, owner: Owner | undefined): void {
    this.#owners.set(ip, { node, silent: [] });
    if (owner === undefined || owner.node === node) return;
    this.#moved({ ip, from: owner.node, to: node, cause: this.#cause(ip, owner, node) });
  }

  #look(ip: Ip): void {
    if (this.#scene.world.shown.holders(ip).size === 0) this.#owners.delete(ip);
    else if (this.#scene.answerers(ip).size === 0)
      this.#owners.get(ip)?.silent.push(...this.#scene.candidates.since(ip));
  }

  #cause(ip: Ip, { node: from, silent }: Owner, to: string): Move['cause'] {
    const states = new Set([...silent, ...this.#scene.candidates.since(ip)]);
    const hasChanged = (node: string): boolean => new Set(Array.from(states, (state) => rankOf(node, state))).size > 1;
    if (hasChanged(from) || hasChanged(to)) return 'own';
    return states.size > 1 ? 'others' : 'none';
  }
}

function rankOf(node: string, { nodes }: Candidates): string {
  const isReady = nodes.get(node);
  return isReady === undefined ? 'none' : String(isReady);
}
