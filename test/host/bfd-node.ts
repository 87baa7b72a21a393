// Starts `programs/bfd-node-main.ts` in a network namespace and talks to it.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { hrtime } from 'node:process';
import { createInterface } from 'node:readline';
import type { Ip } from '#shared/net/ip.ts';
import type { BfdState } from '#speaker/bfd/control-packet.ts';
import type { ObservedBfd, WantedBfd } from '#speaker/seam.ts';
import { eventually } from '#test/lab/eventually.ts';
import { within } from '#test/lab/network/namespace.ts';

export type BfdOrder =
  | { readonly kind: 'want'; readonly bfd: readonly WantedBfd[] }
  /** Takes leave of all peers and ends. */
  | { readonly kind: 'leave' }
  /** Runs nothing at all for so long. */
  | { readonly kind: 'stall'; readonly ms: number };

export interface BfdReport {
  /** On the machine's monotonic clock, as `monotonicMs` tells it. */
  readonly atMs: number;
  readonly bfd: readonly ObservedBfd[];
  readonly problems: readonly string[];
}

/** The same in all processes of this machine. */
export function monotonicMs(): number {
  return Number(hrtime.bigint() / 1000n) / 1000;
}

export function wantedBfd(remote: string, changes: Partial<WantedBfd> = {}): WantedBfd {
  return {
    remote: remote as Ip,
    local: undefined,
    device: undefined,
    multihop: false,
    transmitIntervalMs: 100,
    receiveIntervalMs: 100,
    detectMultiplier: 3,
    passive: false,
    leastHopLimit: 255,
    ...changes,
  };
}

const patience = { withinMs: 10_000, everyMs: 10 };

export class BfdNode {
  readonly reports: BfdReport[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(namespace?: string) {
    const program = [process.execPath, join(import.meta.dirname, 'programs/bfd-node-main.ts')] as const;
    const [command, ...args] = namespace === undefined ? program : within(namespace, program);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#ended = new Promise((resolve) => void this.#child.once('exit', resolve));
    if (this.#child.stdout === null) throw new Error('the program cannot be heard');
    createInterface(this.#child.stdout).on('line', (line) => this.reports.push(JSON.parse(line) as BfdReport));
  }

  want(...bfd: readonly WantedBfd[]): void {
    this.#order({ kind: 'want', bfd });
  }

  stall(ms: number): void {
    this.#order({ kind: 'stall', ms });
  }

  /** Comes back when the program has ended. */
  async leave(): Promise<void> {
    this.#order({ kind: 'leave' });
    await this.#ended;
  }

  /** A machine that is frozen, or goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  get last(): BfdReport {
    const last = this.reports.at(-1);
    if (last === undefined) throw new Error('nothing was told yet');
    return last;
  }

  /** Of the only session. */
  get session(): ObservedBfd {
    const [session] = this.last.bfd;
    if (session === undefined) throw new Error('there is no session');
    return session;
  }

  /** The first report that tells of the state after `sinceMs`, of the first session. */
  async reaches(state: BfdState, sinceMs = 0): Promise<BfdReport> {
    const found = (): BfdReport | undefined =>
      this.reports.find(({ atMs, bfd }) => atMs >= sinceMs && bfd[0]?.state === state);
    return eventually(found, {
      ...patience,
      what: `${state}, not ${JSON.stringify(this.reports.at(-1))},`,
    });
  }

  #order(order: BfdOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}
