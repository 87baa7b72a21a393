// TCP as one program on a simulated host has it. What it opened ends with it.
import type { Ip } from '#shared/net/ip.ts';
import type { Prefix } from '#shared/net/range.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import type {
  ListenHandler,
  ListenOptions,
  TcpConnection,
  TcpHandler,
  TcpListener,
  TcpStack,
  Transport,
} from '#speaker/bgp/tcp-stack.ts';
import { TcpEnd, type RunInProgram } from './tcp-end.ts';
import type { TcpHost, TcpNetwork } from './tcp-network.ts';

export interface Listening {
  readonly options: ListenOptions;
  readonly handler: ListenHandler;
  readonly passwords: Map<Ip, Uint8Array>;
  readonly program: TcpProgram;
}

const [firstSynUs, longestSynUs] = [1_000_000, 16_000_000];

export class TcpProgram implements TcpStack {
  readonly #network: TcpNetwork;
  readonly #host: TcpHost;
  readonly run: RunInProgram;
  readonly #ends = new Set<TcpEnd>();
  readonly #listening = new Set<string>();

  /** `run` performs what it is given later, in a turn of the program, if it still lives. */
  constructor(network: TcpNetwork, host: TcpHost, run: RunInProgram) {
    this.#network = network;
    this.#host = host;
    this.run = run;
  }

  sourceTowards(remote: Ip): Ip | undefined {
    const isIpv6 = remote.includes(':');
    return this.#host.ips().find((ip) => ip.includes(':') === isIpv6 && !ip.startsWith('fe80:'));
  }

  connect(transport: Transport, handler: TcpHandler): TcpConnection {
    const end = this.#newEnd(transport.userTimeoutMs, handler);
    end.password = transport.password;
    const connected: TcpHandler['connected'] = (addresses) =>
      this.run(() => {
        if (!end.isOver) handler.connected(addresses);
      });
    this.#synAfter(this.#network.passageUs(), end, { transport, connected, sinceUs: this.#nowUs, retryUs: firstSynUs });
    return end;
  }

  listen(options: ListenOptions, handler: ListenHandler): TcpListener | { readonly failure: string } {
    const key = `${options.local} ${options.port}`;
    const { listening } = this.#host;
    if (listening.has(key)) return { failure: 'bind: EADDRINUSE' };
    const passwords = new Map(options.passwords.map(({ remotes, password }) => [remotes.ip, password]));
    listening.set(key, { options, handler, passwords, program: this });
    this.#listening.add(key);
    return {
      setPassword: ({ ip }: Prefix, password) => {
        if (password === undefined) passwords.delete(ip);
        else passwords.set(ip, password);
        return undefined;
      },
      close: () => this.#close(key),
    };
  }

  /** The program is dead. */
  closeAll(): void {
    for (const key of this.#listening) this.#close(key);
    for (const end of this.#ends) if (!end.isGone) end.abandon();
  }

  #close(key: string): void {
    if (this.#listening.delete(key)) this.#host.listening.delete(key);
  }

  #newEnd(userTimeoutMs: number, handler: TcpHandler | undefined): TcpEnd {
    for (const end of this.#ends) if (end.isGone) this.#ends.delete(end);
    const end = new TcpEnd({ network: this.#network, host: this.#host, run: this.run, userTimeoutMs }, handler);
    this.#ends.add(end);
    return end;
  }

  #synAfter(us: number, end: TcpEnd, dialling: Dialling): Cancel {
    return this.#network.scheduler.after(us, () => this.#syn(end, dialling));
  }

  #syn(end: TcpEnd, dialling: Dialling): void {
    const { transport, sinceUs, retryUs } = dialling;
    if (end.isOver) return;
    const far = this.#network.hostOf(transport.remote);
    if (far !== undefined && this.#network.isOpen(this.#host, far)) {
      const listening = far.listening.get(`${transport.remote} ${transport.port}`);
      if (listening === undefined) return end.lose('connect: ECONNREFUSED');
      const local = transport.local ?? this.sourceTowards(transport.remote);
      if (local !== undefined && isSame(listening.passwords.get(local), transport.password)) {
        return listening.program.#establish(end, local, listening, dialling);
      }
    }
    if (this.#nowUs - sinceUs > transport.userTimeoutMs * 1000) return end.lose('connect: ETIMEDOUT');
    this.#synAfter(retryUs, end, { ...dialling, retryUs: Math.min(2 * retryUs, longestSynUs) });
  }

  /** As the one who listens. */
  #establish(dialled: TcpEnd, local: Ip, { options, handler }: Listening, dialling: Dialling): void {
    const accepted = this.#newEnd(options.userTimeoutMs, undefined);
    accepted.password = dialled.password;
    dialled.join(accepted);
    dialling.connected({ local, remote: options.local });
    this.run(() => {
      const taken = handler.accepted(accepted, { local: options.local, remote: local });
      if (taken === undefined) accepted.end();
      else accepted.handledBy(taken);
    });
  }

  get #nowUs(): number {
    return this.#network.scheduler.nowUs;
  }
}

interface Dialling {
  readonly transport: Transport;
  readonly connected: TcpHandler['connected'];
  readonly sinceUs: number;
  readonly retryUs: number;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
