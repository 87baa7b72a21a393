// Ingot's responder, at its end of the cable.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '#test/lab/network/namespace.ts';
import type { FromResponder, ToResponder } from './responder-main.ts';

const readyWithinMs = 20_000;
const stoppedWithinMs = 5_000;
const script = join(import.meta.dirname, 'responder-main.ts');

export class Responder {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it answers for all addresses. */
  static async start(): Promise<Responder> {
    const [command, ...args] = within('ingot', [process.execPath, script]);
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const responder = new Responder(child);
    try {
      await responder.#hear('ready', readyWithinMs);
      return responder;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  tell(message: ToResponder): void {
    this.#child.send(message);
  }

  /** Of its wire thread, since it was started. */
  async cpuUs(): Promise<number> {
    const heard = this.#hear('cpu', readyWithinMs);
    this.tell('cpu');
    return (await heard).us;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.tell('end');
    await Promise.race([ended, sleep(stoppedWithinMs, undefined, { ref: false })]);
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #hear<Kind extends FromResponder['kind']>(
    kind: Kind,
    withinMs: number,
  ): Promise<Extract<FromResponder, { kind: Kind }>> {
    const heard = new AbortController();
    const signal = AbortSignal.any([heard.signal, AbortSignal.timeout(withinMs)]);
    const told = once(this.#child, 'message', { signal });
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('The responder ended unasked');
    });
    try {
      const [message] = (await Promise.race([told, ended])) as [FromResponder];
      if (message.kind !== kind) throw new Error(`The responder told ${message.kind} instead of ${kind}`);
      return message as Extract<FromResponder, { kind: Kind }>;
    } finally {
      // The one that lost is of no interest.
      for (const promise of [told, ended]) promise.catch(() => {});
      heard.abort();
    }
  }
}
