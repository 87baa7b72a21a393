// Starts `programs/tcp-peer-main.ts` in a network namespace and talks to it.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Prefix } from '#shared/net/range.ts';
import type { Addresses } from '#speaker/bgp/peer-state.ts';
import type { ListenOptions, Transport } from '#speaker/bgp/tcp-stack.ts';
import { eventually } from '#test/lab/eventually.ts';
import { within } from '#test/lab/network/namespace.ts';

export type TcpOrder =
  | { readonly kind: 'listen'; readonly options: ListenOptions }
  | { readonly kind: 'setPassword'; readonly remotes: Prefix; readonly password?: string }
  | { readonly kind: 'dial'; readonly transport: Omit<Transport, 'password'> & { readonly password?: string } };

export type TcpReport =
  | { readonly kind: 'connected'; readonly addresses: Addresses }
  | { readonly kind: 'received'; readonly text: string }
  | { readonly kind: 'closed'; readonly failure: string }
  /** With the last order. */
  | { readonly kind: 'done' };

const patience = { withinMs: 10_000, everyMs: 10 };

export class TcpPeer {
  readonly #child: ChildProcess;
  readonly #reports: TcpReport[] = [];
  #done = 0;
  #ordered = 0;

  constructor(namespace: string) {
    const program = join(import.meta.dirname, 'programs/tcp-peer-main.ts');
    const [command, ...args] = within(namespace, [process.execPath, program]);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('the program cannot be heard');
    createInterface(this.#child.stdout).on('line', (line) => {
      const report = JSON.parse(line) as TcpReport;
      if (report.kind === 'done') this.#done++;
      else this.#reports.push(report);
    });
  }

  /** Comes back when it has been carried out. */
  async order(order: TcpOrder): Promise<void> {
    this.#ordered++;
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    await eventually(() => this.#done === this.#ordered, { ...patience, what: `${order.kind} done` });
  }

  /** Everything that it has told so far. */
  get reports(): readonly TcpReport[] {
    return this.#reports;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => void this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
