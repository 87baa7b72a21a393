// Which programs run where. During an upgrade two processes of one program run on a node.
import type { ProcessRef } from '../observer.ts';

export class Alive {
  readonly #names = new Map<string, Set<string>>();

  /** True if the program did not run there before. */
  started({ name, node, program }: ProcessRef): boolean {
    const key = `${node}/${program}`;
    const names = this.#names.get(key) ?? new Set();
    this.#names.set(key, names.add(name));
    return names.size === 1;
  }

  /** True if the program runs there no longer. */
  ended({ name, node, program }: ProcessRef): boolean {
    const names = this.#names.get(`${node}/${program}`);
    names?.delete(name);
    return names === undefined || names.size === 0;
  }
}
