// A program of ours in another process and network namespace that answers requests, by messages of Node's own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { within } from '#test/lab/network/namespace.ts';

/** Functions by name: what can be asked for, and what is answered. */
type Requests<Of> = { readonly [Name in keyof Of]: (...argument: never[]) => unknown };

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** The slowest sender takes ten seconds for what takes longest. */
const answeredWithinMs = 120_000;

type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

export class Remote<Of extends Requests<Of>> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(namespace: string, script: string) {
    const [command, ...args] = within(namespace, [process.execPath, script]);
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    this.#child.on('exit', () => {
      for (const [id, settle] of this.#waiting) settle({ id, error: `${script} has ended` });
    });
  }

  async ask<Name extends keyof Of & string>(
    name: Name,
    ...[argument]: Parameters<Of[Name]>
  ): Promise<ReturnType<Of[Name]>> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const patience = setTimeout(() => resolve({ id, error: `${name} has not come to its end` }), answeredWithinMs);
    this.#waiting.set(id, resolve);
    this.#child.send({ id, name, argument } satisfies Request);
    const answer = await promise;
    clearTimeout(patience);
    this.#waiting.delete(id);
    if ('error' in answer) throw new Error(answer.error);
    return answer.value as ReturnType<Of[Name]>;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The other side: ends with the process that asks. */
export function answerRequests<Of extends Requests<Of>>(handlers: {
  readonly [Name in keyof Of]: (
    ...argument: Parameters<Of[Name]>
  ) => ReturnType<Of[Name]> | Promise<ReturnType<Of[Name]>>;
}): void {
  const byName = new Map(Object.entries<(...argument: never[]) => unknown>(handlers));
  const answerTo = async ({ name, argument }: Request): Promise<unknown> => byName.get(name)?.(argument as never);
  process.on('message', (request: Request) => {
    const { id } = request;
    answerTo(request).then(
      (value) => tell({ id, value }),
      (error: unknown) => tell({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

function tell(answer: Answer): void {
  process.send?.(answer);
}
