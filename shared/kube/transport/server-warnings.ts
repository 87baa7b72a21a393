// Warning headers of the apiserver (RFC 7234 §5.5, code 299): what it dislikes about our requests, each told once.
import type { Log } from '../../runtime/log.ts';

const mostWarnings = 100;

export class ServerWarnings {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  heard(header: string | string[] | undefined): void {
    for (const warning of [header ?? []].flat()) {
      if (this.#told.has(warning) || this.#told.size >= mostWarnings) continue;
      this.#told.add(warning);
      this.#log.warn({ warning }, 'the apiserver warns');
    }
  }
}
