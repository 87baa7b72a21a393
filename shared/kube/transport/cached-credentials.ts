// Credentials that are never older than a minute, and read once for all who ask at the same time.
import type { Credentials, CredentialSource } from './credentials.ts';

const longestAgeMs = 60_000;

export class CachedCredentials {
  readonly #source: CredentialSource;
  #last: { readonly credentials: Credentials; readonly atMs: number } | undefined;
  #reading: Promise<Credentials> | undefined;

  constructor(source: CredentialSource) {
    this.#source = source;
  }

  /** Fails when they cannot be had and never could; else the last ones are used on. */
  async current(): Promise<Credentials> {
    const last = this.#last;
    if (last !== undefined && performance.now() - last.atMs < longestAgeMs) return last.credentials;
    return this.fresh();
  }

  /** The apiserver would not have them, or has other ones: reads them again. */
  async fresh(): Promise<Credentials> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<Credentials> {
    try {
      const credentials = await this.#source.read();
      this.#last = { credentials, atMs: performance.now() };
      return credentials;
    } catch (error) {
      if (this.#last === undefined) throw error;
      return this.#last.credentials;
    }
  }
}
