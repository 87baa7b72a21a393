// A long-lived prober in the client or outside: it asks again and again on absolute deadlines until it is told to stop, then says what it saw.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { within } from '../network/namespace.ts';
import { reportOf, type Probe, type ProbeReport } from './report.ts';

/** udp: a numbered datagram each time, fixed ports. tcp: a new connection, a request, an answer each time. */
export type ProbeKind = 'udp' | 'tcp';

export interface ProberOptions {
  readonly kind: ProbeKind;
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
  readonly everyMs?: number;
}

const defaultEveryMs = { udp: 5, tcp: 20 } as const;
const scripts = { udp: 'udp-main.ts', tcp: 'tcp-main.ts' } as const;

export class Prober {
  readonly #child: ChildProcess;
  readonly #output: Promise<string>;
  readonly started: Promise<void>;

  constructor({ kind, namespace, address, port, everyMs = defaultEveryMs[kind] }: ProberOptions) {
    const script = join(import.meta.dirname, scripts[kind]);
    const [command, ...args] = within(namespace, [process.execPath, script, address, String(port), String(everyMs)]);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.started = new Promise((resolve) => this.#child.stdout?.once('data', () => resolve()));
    this.#output = collect(this.#child);
  }

  /** Ends the probing, waits for the last answers, and reports. */
  async stop(): Promise<ProbeReport> {
    // The end of its input tells the prober to end, so it also ends with the process that started it.
    this.#child.stdin?.end();
    const output = await this.#output;
    const last = output.slice(output.indexOf('\n') + 1);
    return reportOf(JSON.parse(last) as readonly Probe[]);
  }
}

function collect(child: ChildProcess): Promise<string> {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', () => resolve(output));
  });
}
