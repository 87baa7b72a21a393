// A network of TcpStacks on virtual time: connections with latency, kernels with bounded buffers, readers that may stop reading. A connection
// comes up only if both sides sign with the same password, and else stays unanswered, as with TCP MD5.
import type { Ip } from '#shared/net/ip.ts';
import type { Addresses } from '#speaker/bgp/peer-state.ts';
import type {
  ListenHandler,
  ListenOptions,
  TcpConnection,
  TcpHandler,
  TcpListener,
  TcpStack,
  Transport,
} from '#speaker/bgp/tcp-stack.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

/** What both kernels hold of one direction together. */
const kernelOctets = 32_768;

interface Listening {
  readonly options: ListenOptions;
  readonly handler: ListenHandler;
  readonly passwords: Map<Ip, Uint8Array>;
}

export class PlayedNetwork {
  readonly clock: VirtualClock;
  readonly #listening = new Map<string, Listening>();
  /** Ports that another program has. */
  readonly taken = new Set<string>();
  /** Every connection that came up, its dialling end first. */
  readonly connections: (readonly [dialled: PlayedConnection, accepted: PlayedConnection])[] = [];

  readonly #latencyMs: () => number;

  /** `latencyMs` is asked once for each direction of each connection. */
  constructor(clock: VirtualClock, latencyMs: () => number = () => 1) {
    this.clock = clock;
    this.#latencyMs = latencyMs;
  }

  /** Of the machine with that address. */
  stack(own: Ip): TcpStack {
    return {
      sourceTowards: () => own,
      connect: (transport, handler) => this.#connect(transport.local ?? own, transport, handler),
      listen: (options, handler) => this.#listen(options, handler),
    };
  }

  #listen(options: ListenOptions, handler: ListenHandler): TcpListener | { readonly failure: string } {
    const key = `${options.local} ${options.port}`;
    if (this.taken.has(key) || this.#listening.has(key)) return { failure: 'bind: EADDRINUSE' };
    const passwords = new Map(options.passwords.map(({ remotes, password }) => [remotes.ip, password]));
    this.#listening.set(key, { options, handler, passwords });
    return {
      setPassword(remotes, password) {
        if (password === undefined) passwords.delete(remotes.ip);
        else passwords.set(remotes.ip, password);
        return undefined;
      },
      close: () => void this.#listening.delete(key),
    };
  }

  #connect(local: Ip, transport: Transport, handler: TcpHandler): TcpConnection {
    const near = new PlayedConnection(this.clock, this.#latencyMs(), handler, transport.password);
    this.clock.after(near.latencyMs, () => {
      if (near.isOver) return;
      const listening = this.#listening.get(`${transport.remote} ${transport.port}`);
      if (listening === undefined) near.fail('connect: ECONNREFUSED');
      else if (equal(listening.passwords.get(local), transport.password))
        this.#establish(near, local, listening, handler);
    });
    return near;
  }

  #establish(near: PlayedConnection, local: Ip, { options, handler }: Listening, dialler: TcpHandler): void {
    const far = new PlayedConnection(this.clock, this.#latencyMs(), undefined, near.password);
    near.join(far);
    this.connections.push([near, far]);
    dialler.connected({ local, remote: options.local });
    const accepted = handler.accepted(far, { local: options.local, remote: local } satisfies Addresses);
    if (accepted === undefined) far.end();
    else far.handler = accepted;
  }
}

function equal(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}

export class PlayedConnection implements TcpConnection {
  handler: TcpHandler | undefined;
  password: Uint8Array | undefined;
  isOver = false;
  ending: 'fin' | 'rst' | undefined;
  /** From this end to the other. */
  readonly latencyMs: number;
  readonly #clock: VirtualClock;
  #far: PlayedConnection | undefined;
  #isReading = true;
  /** Here, not taken by the kernel. */
  readonly #unsent: Uint8Array[] = [];
  /** In the kernel of this end. */
  readonly #inbox: Uint8Array[] = [];
  /** There, and on the way there. */
  #inboxOctets = 0;
  #isDrainDue = false;

  constructor(
    clock: VirtualClock,
    latencyMs: number,
    handler: TcpHandler | undefined,
    password: Uint8Array | undefined,
  ) {
    this.#clock = clock;
    this.latencyMs = latencyMs;
    this.handler = handler;
    this.password = password;
  }

  join(far: PlayedConnection): void {
    this.#far = far;
    far.#far = this;
  }

  get unsentOctets(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, 0);
  }

  write(octets: Uint8Array): void {
    if (this.isOver) return;
    this.#unsent.push(octets);
    this.#send();
  }

  end(): void {
    this.#close('fin');
  }

  reset(): void {
    this.#unsent.length = 0;
    this.#close('rst');
  }

  changePassword(password: Uint8Array | undefined): string | undefined {
    this.password = password;
    return undefined;
  }

  /** Its program does not read any more, or reads again. */
  setReading(isReading: boolean): void {
    this.#isReading = isReading;
    if (isReading) this.#deliver();
  }

  fail(failure: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handler?.closed(failure);
  }

  #close(how: 'fin' | 'rst'): void {
    if (this.isOver) return;
    this.isOver = true;
    this.ending = how;
    const far = this.#far;
    this.#clock.after(this.latencyMs, () =>
      far?.fail(how === 'fin' ? 'the peer has closed the connection' : 'read: ECONNRESET'),
    );
  }

  #send(): void {
    const far = this.#far;
    if (far === undefined) return;
    let taken = 0;
    while (this.#unsent.length > 0 && far.#inboxOctets < kernelOctets) {
      const octets = this.#unsent.shift() ?? new Uint8Array(0);
      far.#inboxOctets += octets.length;
      taken += octets.length;
      this.#clock.after(this.latencyMs, () => {
        far.#inbox.push(octets);
        far.#deliver();
      });
    }
    if (taken === 0) return;
    if (this.#isDrainDue) return;
    this.#isDrainDue = true;
    this.#clock.after(0, () => {
      this.#isDrainDue = false;
      if (!this.isOver) this.handler?.drained();
    });
  }

  #deliver(): void {
    while (this.#isReading && !this.isOver) {
      const octets = this.#inbox.shift();
      if (octets === undefined) break;
      this.#inboxOctets -= octets.length;
      this.handler?.received(octets);
    }
    const far = this.#far;
    if (far !== undefined) far.#send();
  }
}
