// The limit: as many bare status patches as the controller writes, at the same concurrency, by a plain loop.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PatchTask } from './patch-each.ts';

export class Floor {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Ready to go: started and connected. */
  static async prepare(task: PatchTask): Promise<Floor> {
    const child = fork(join(import.meta.dirname, 'floor-main.ts'));
    child.send(task);
    await once(child, 'message');
    return new Floor(child);
  }

  /** Patches all, and ends. */
  async run(): Promise<void> {
    this.#child.send('go');
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the plain loop ended with ${code}`);
  }
}
