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

  /** Undefined: they have to be read. */
  get current(): Credentials | undefined {
    const last = this.#last;
    return last !== undefined && performance.now() - last.atMs < longestAgeMs ? last.credentials : undefined;
  }

  /** Reads them again. Fails when they cannot be had and never could; else the last ones are used on. */
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
