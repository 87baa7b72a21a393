// An apiserver that a test plays by hand: it records what is asked and answers when told. In the order of the calls, with no time of its own.
import { assert } from 'vitest';
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeAnswer, KubeApi, KubeError, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';

export class ScriptedRequest {
  readonly request: KubeRequest;
  readonly #answered: (answer: KubeAnswer) => void;
  #open = true;

  constructor(request: KubeRequest, answered: (answer: KubeAnswer) => void) {
    this.request = request;
    this.#answered = answered;
  }

  /** Neither answered nor cancelled. */
  get open(): boolean {
    return this.#open;
  }

  ok(body: unknown): void {
    this.answer({ kind: 'ok', body });
  }

  refuse(code: number, reason = '', fields: { readonly message?: string; readonly retryAfterMs?: number } = {}): void {
    this.answer({ kind: 'failed', error: refusal(code, reason, fields) });
  }

  /** No answer: a time-out, a reset. */
  lose(code = 'ECONNRESET'): void {
    this.answer({ kind: 'failed', error: lostConnection(code) });
  }

  answer(answer: KubeAnswer): void {
    assert(this.#open, 'answered twice or after it was cancelled');
    this.#open = false;
    this.#answered(answer);
  }

  cancel(): void {
    this.#open = false;
  }
}

export class ScriptedWatch {
  readonly request: WatchRequest;
  readonly #happened: (event: WatchEvent) => void;
  #open = true;

  constructor(request: WatchRequest, happened: (event: WatchEvent) => void) {
    this.request = request;
    this.#happened = happened;
  }

  /** Neither closed nor cancelled. */
  get open(): boolean {
    return this.#open;
  }

  accept(): void {
    this.happen({ kind: 'opened' });
  }

  line(type: string, object: unknown): void {
    this.happen({ kind: 'line', line: { type, object } });
  }

  garbage(): void {
    this.happen({ kind: 'line', line: undefined });
  }

  /** Without an error: a clean end. */
  close(error?: KubeError): void {
    this.happen(error === undefined ? { kind: 'closed' } : { kind: 'closed', error });
  }

  happen(event: WatchEvent): void {
    assert(this.#open, 'the watch is over');
    if (event.kind === 'closed') this.#open = false;
    this.#happened(event);
  }

  cancel(): void {
    this.#open = false;
  }
}

export class ScriptedKubeApi implements KubeApi {
  /** All that was asked, oldest first. */
  readonly requests: ScriptedRequest[] = [];
  readonly watches: ScriptedWatch[] = [];

  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel {
    const scripted = new ScriptedRequest(request, answered);
    this.requests.push(scripted);
    return () => scripted.cancel();
  }

  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    const scripted = new ScriptedWatch(request, happened);
    this.watches.push(scripted);
    return () => scripted.cancel();
  }

  /** Requests that wait for an answer, oldest first. */
  get open(): readonly ScriptedRequest[] {
    return this.requests.filter((request) => request.open);
  }

  /** The oldest request that waits for an answer. */
  next(): ScriptedRequest {
    const [first] = this.open;
    assert(first !== undefined, 'nothing was asked');
    return first;
  }

  /** The newest watch that is open. */
  get openWatch(): ScriptedWatch {
    const last = this.watches.findLast((watch) => watch.open);
    assert(last !== undefined, 'no watch is open');
    return last;
  }
}

export function refusal(
  code: number,
  reason = '',
  fields: { readonly message?: string; readonly retryAfterMs?: number } = {},
): KubeError {
  return { kind: 'status', code, reason, message: fields.message ?? `refused with ${code}`, ...fields };
}

export function lostConnection(code = 'ECONNRESET'): KubeError {
  return { kind: 'connection', code, message: `lost: ${code}` };
}
