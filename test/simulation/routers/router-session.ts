// One connection of a node to the played router: it waits for OPEN, answers with its own, and then hears until the node is silent for too long,
// says that it ends, or is gone (RFC 4271 §8, of one who never dials).
import assert from 'node:assert';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { TcpConnection, TcpHandler } from '#speaker/bgp/tcp-stack.ts';
import { TcpEnd } from '../tcp/tcp-end.ts';
import type { Scheduler } from '../time/scheduler.ts';
import {
  keepaliveMessage,
  lengthOf,
  notificationMessage,
  openMessage,
  readMessage,
  routerId,
  type BgpMessage,
  type GracefulRestart,
  type Open,
  type Update,
} from './bgp-message.ts';
import type { BgpRouterOptions } from './bgp-router.ts';

export type SessionEvent =
  | { readonly kind: 'established'; readonly restart: GracefulRestart | undefined }
  | { readonly kind: 'update'; readonly update: Update }
  | { readonly kind: 'notification'; readonly code: number; readonly subcode: number }
  /** `mayKeep`: it did not say that it ends, nor was it silent. */
  | { readonly kind: 'lost'; readonly reason: string; readonly mayKeep: boolean };

export interface RouterSessionDependencies {
  readonly scheduler: Scheduler;
  readonly connection: TcpConnection;
  readonly happened: (event: SessionEvent) => void;
}

const ownHoldSeconds = 90;
const helpSeconds = 120;
/** For OPEN (RFC 4271 §8.2.2). */
const largeHoldUs = 240_000_000;
const holdExpired = 4;

export class RouterSession implements TcpHandler {
  readonly #options: BgpRouterOptions & { readonly asn: number };
  readonly #dependencies: RouterSessionDependencies;
  #state: 'open awaited' | 'confirm awaited' | 'established' | 'over' = 'open awaited';
  #octets = new Uint8Array(0);
  #peer: Open | undefined;
  #holdUs = largeHoldUs;
  #hold: Cancel = () => {};
  #keepalive: Cancel = () => {};

  constructor(options: BgpRouterOptions & { readonly asn: number }, dependencies: RouterSessionDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#heard();
  }

  get isEstablished(): boolean {
    return this.#state === 'established';
  }

  /** The node's end of it is closed. */
  get isLetGo(): boolean {
    const { connection } = this.#dependencies;
    return !(connection instanceof TcpEnd) || connection.far === undefined || connection.far.isOver;
  }

  happened(event: SessionEvent): void {
    this.#dependencies.happened(event);
  }

  connected(): void {}

  drained(): void {}

  received(octets: Uint8Array): void {
    const all = new Uint8Array(this.#octets.length + octets.length);
    all.set(this.#octets);
    all.set(octets, this.#octets.length);
    this.#octets = all;
    for (let length = lengthOf(this.#octets); length !== undefined; length = lengthOf(this.#octets)) {
      if (this.#octets.length < length) return;
      const message = readMessage(this.#octets.subarray(0, length));
      this.#octets = this.#octets.slice(length);
      this.#hear(message);
      if (this.#state === 'over') return;
    }
  }

  closed(failure: string): void {
    this.#over(failure, true);
  }

  /** Says so, and ends. */
  end(code: number, subcode: number): void {
    if (this.#state === 'over') return;
    const { connection } = this.#dependencies;
    connection.write(notificationMessage(code, subcode));
    connection.end();
    this.#over(`said ${code}/${subcode}`, false);
  }

  /** Without a word to anybody. */
  forget(): void {
    this.#state = 'over';
    this.#hold();
    this.#keepalive();
    this.#dependencies.connection.reset();
  }

  #hear(message: BgpMessage): void {
    this.#heard();
    switch (message.kind) {
      case 'open':
        return this.#opened(message);
      case 'keepalive':
        if (this.#state !== 'confirm awaited') return;
        this.#state = 'established';
        return this.happened({ kind: 'established', restart: this.#peer?.gracefulRestart });
      case 'update':
        assert(this.#state === 'established', 'an UPDATE before the session is established');
        return this.happened({ kind: 'update', update: message });
      case 'notification':
        this.happened(message);
        return this.#over(`heard ${message.code}/${message.subcode}`, false);
      case 'other':
    }
  }

  #opened(open: Open): void {
    assert(this.#state === 'open awaited', 'a second OPEN');
    this.#peer = open;
    this.#state = 'confirm awaited';
    const { asn, ip, helps, families } = this.#options;
    const holdSeconds = Math.min(ownHoldSeconds, open.holdSeconds);
    this.#holdUs = holdSeconds * 1_000_000;
    const { connection } = this.#dependencies;
    const restart: GracefulRestart = { restarting: false, restartSeconds: helpSeconds, families: new Map() };
    const gracefulRestart = helps
      ? { ...restart, families: new Map(families.map((each) => [each, true] as const)) }
      : undefined;
    connection.write(
      openMessage({ kind: 'open', asn, holdSeconds: ownHoldSeconds, id: routerId(ip), families, gracefulRestart }),
    );
    connection.write(keepaliveMessage);
    this.#keepAlive();
    this.#heard();
  }

  #keepAlive(): void {
    if (this.#holdUs === 0) return;
    this.#keepalive = this.#dependencies.scheduler.after(this.#holdUs / 3, () => {
      this.#dependencies.connection.write(keepaliveMessage);
      this.#keepAlive();
    });
  }

  #heard(): void {
    this.#hold();
    if (this.#holdUs > 0) this.#hold = this.#dependencies.scheduler.after(this.#holdUs, () => this.end(holdExpired, 0));
  }

  #over(reason: string, mayKeep: boolean): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#hold();
    this.#keepalive();
    this.happened({ kind: 'lost', reason, mayKeep });
  }
}
