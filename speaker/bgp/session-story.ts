// What the log is told of a session: each change once, and of a peer that refuses us again and again only why, when that is another reason.
import type { Log } from '#shared/runtime/log.ts';
import type { AgreedConnection, Connection, EndCause } from './peer-state.ts';
import { causeInWords } from './session-status.ts';
import type { UpdateOutcome } from './update.ts';

export class SessionStory {
  readonly #peer: string;
  readonly #log: Log;
  #lastError: string | undefined;
  /** Since the last session. */
  #toldWhy: string | undefined;
  readonly #toldOfUpdates = new Set<string>();

  constructor(peer: string, log: Log) {
    this.#peer = peer;
    this.#log = log;
  }

  /** Why the last attempt or session ended; undefined: none has. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  established({ addresses, direction, negotiated }: AgreedConnection): void {
    this.#toldWhy = undefined;
    this.#toldOfUpdates.clear();
    const { peerAsn, holdTimeMs, families } = negotiated;
    const fields = { ...addresses, direction, peerAsn, holdTimeMs, families };
    this.#log.info({ peer: this.#peer, ...fields }, 'BGP session is established');
  }

  /** TCP could not be had. */
  notReached(error: string): void {
    this.#failed(error);
  }

  ended(from: Connection['state'], cause: EndCause): void {
    const why = causeInWords(cause);
    if (from !== 'established') {
      this.#failed(why);
      return;
    }
    this.#lastError = why;
    this.#toldWhy = why;
    this.#log.warn({ peer: this.#peer, why }, 'BGP session has ended');
  }

  /** Told once a session for each kind of mistake; the rest are counted. */
  badUpdate(error: string, consequence: NonNullable<UpdateOutcome['consequence']>): void {
    if (this.#toldOfUpdates.has(consequence)) return;
    this.#toldOfUpdates.add(consequence);
    this.#log.info({ peer: this.#peer, error, consequence }, 'the peer has sent an UPDATE that is wrong');
  }

  #failed(why: string): void {
    this.#lastError = why;
    if (why === this.#toldWhy) return;
    this.#toldWhy = why;
    this.#log.info({ peer: this.#peer, why }, 'BGP session cannot be established');
  }
}
