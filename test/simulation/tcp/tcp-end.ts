// One end of a simulated TCP connection, as its kernel keeps it: what is to be sent, one segment at a time on its way, and what has come and is
// not read. It outlives the program for as long as there is something to say.
import type { TcpConnection, TcpHandler } from '#speaker/bgp/tcp-stack.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { uniform } from '#shared/runtime/random.ts';
import type { TcpHost, TcpNetwork } from './tcp-network.ts';

/** What a kernel takes before it lets the program wait, and keeps for one that does not read. */
const kernelOctets = 65_536;
/** Boundaries lie anywhere. */
const mostSegmentOctets = 4_000;
const [firstRetryUs, longestRetryUs] = [200_000, 10_000_000];

export type RunInProgram = (work: () => void) => void;

export interface TcpEndOptions {
  readonly network: TcpNetwork;
  readonly host: TcpHost;
  readonly run: RunInProgram;
  readonly userTimeoutMs: number;
}

export class TcpEnd implements TcpConnection {
  readonly host: TcpHost;
  password: Uint8Array | undefined;
  readonly #options: TcpEndOptions;
  #handler: TcpHandler | undefined;
  #far: TcpEnd | undefined;
  /** The program hears nothing any more. */
  #isOver = false;
  /** The kernel knows it no more: segments for it are answered with RST. */
  #isGone = false;
  #out: Uint8Array[] = [];
  #outOctets = 0;
  #finDue = false;
  #isSending = false;
  #triedUs = 0;
  #retry: Cancel = () => {};
  #inbox: (Uint8Array | 'fin')[] = [];
  #inboxOctets = 0;
  #wasFull = false;

  constructor(options: TcpEndOptions, handler: TcpHandler | undefined) {
    this.#options = options;
    this.host = options.host;
    this.#handler = handler;
    this.host.ends.add(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The other end; undefined while it is not connected. */
  get far(): TcpEnd | undefined {
    return this.#far;
  }

  get unsentOctets(): number {
    return Math.max(0, this.#outOctets - kernelOctets);
  }

  /** Both know each other from now on. */
  join(far: TcpEnd): void {
    this.#far = far;
    far.#far = this;
  }

  /** The program has taken it; what came before is read now. */
  handledBy(handler: TcpHandler): void {
    this.#handler = handler;
    this.#readSoon();
  }

  write(octets: Uint8Array): void {
    if (this.#isOver || octets.length === 0) return;
    this.#out.push(octets);
    this.#outOctets += octets.length;
    if (this.unsentOctets > 0) this.#wasFull = true;
    else this.#options.run(() => this.#tellDrained());
    this.#send();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finDue = true;
    if (this.#far === undefined) this.vanish();
    else this.#send();
  }

  reset(): void {
    if (this.#isGone) return;
    const far = this.#far;
    this.vanish();
    const { network } = this.#options;
    if (far === undefined) return;
    network.scheduler.after(network.passageUs(), () => {
      if (network.isOpen(this.host, far.host)) far.lose('read: ECONNRESET');
    });
  }

  changePassword(password: Uint8Array | undefined): undefined {
    this.password = password;
    return undefined;
  }

  /** As the kernel does for a program that is dead: what it did not read tells the peer that it was lost. */
  abandon(): void {
    if (this.#inbox.some((each) => each !== 'fin')) this.reset();
    else if (!this.#finDue) this.end();
  }

  /** Not a word to anybody. */
  vanish(): void {
    this.#isOver = true;
    this.#isGone = true;
    this.#retry();
    this.host.ends.delete(this);
  }

  /** The connection is lost; the program is told. */
  lose(failure: string): void {
    if (this.#isGone) return;
    const wasOver = this.#isOver;
    this.vanish();
    if (!wasOver) this.#options.run(() => this.#handler?.closed(failure));
  }

  #send(): void {
    if (this.#isSending || this.#isGone || this.#far === undefined || (this.#out.length === 0 && !this.#finDue)) return;
    this.#isSending = true;
    this.#triedUs = this.#options.network.scheduler.nowUs;
    this.#tryAfter(this.#options.network.passageUs(), firstRetryUs);
  }

  #tryAfter(us: number, retryUs: number): void {
    this.#retry = this.#options.network.scheduler.after(us, () => this.#try(retryUs));
  }

  #try(retryUs: number): void {
    const { network, userTimeoutMs } = this.#options;
    const far = this.#far;
    if (this.#isGone || far === undefined) return;
    const isOpen = network.isOpen(this.host, far.host);
    if (isOpen && far.#isGone) return this.lose('write: ECONNRESET');
    if (isOpen && far.#inboxOctets < kernelOctets) return this.#passed(far);
    if (network.scheduler.nowUs - this.#triedUs > userTimeoutMs * 1000) return this.lose('write: ETIMEDOUT');
    this.#tryAfter(retryUs, Math.min(2 * retryUs, longestRetryUs));
  }

  #passed(far: TcpEnd): void {
    this.#isSending = false;
    const [first] = this.#out;
    if (first === undefined) {
      far.#arrived('fin');
      return this.vanish();
    }
    const length = Math.min(first.length, uniform(this.#options.network.random, 1, mostSegmentOctets));
    if (length === first.length) this.#out.shift();
    else this.#out[0] = first.subarray(length);
    this.#outOctets -= length;
    far.#arrived(first.slice(0, length));
    if (this.#wasFull && this.unsentOctets === 0) {
      this.#wasFull = false;
      this.#options.run(() => this.#tellDrained());
    }
    this.#send();
  }

  #arrived(what: Uint8Array | 'fin'): void {
    if (this.#isGone) return;
    this.#inbox.push(what);
    if (what !== 'fin') this.#inboxOctets += what.length;
    this.#readSoon();
  }

  #readSoon(): void {
    if (this.#handler !== undefined && this.#inbox.length > 0) this.#options.run(() => this.#read());
  }

  #read(): void {
    const what = this.#inbox.shift();
    if (what === undefined) return;
    if (what === 'fin') return this.#isOver ? undefined : this.#ended();
    this.#inboxOctets -= what.length;
    if (!this.#isOver) this.#handler?.received(what);
    this.#readSoon();
  }

  #ended(): void {
    this.vanish();
    this.#handler?.closed('the peer has closed the connection');
  }

  #tellDrained(): void {
    if (!this.#isOver) this.#handler?.drained();
  }
}
