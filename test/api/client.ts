// Requests to the test apiserver as its admin; answers are returned whatever their status, since refusals are what is tested.
import { Agent, request } from 'undici';
import { inject } from 'vitest';

export interface Answer {
  readonly status: number;
  /** The object, or the Status that says why there is none. */
  readonly body: Body;
}

export interface Body {
  readonly message?: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- objects of any kind, read by tests that know what they asked for
  readonly [field: string]: any;
}

export class Client {
  readonly #url: string;
  readonly #agent: Agent;

  constructor() {
    const { url, ca, clientCert, clientKey } = inject('apiserver');
    this.#url = url;
    this.#agent = new Agent({ connect: { ca, cert: clientCert, key: clientKey } });
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path);
  }

  /** A list as `kubectl get -o wide` shows it. */
  getTable(path: string): Promise<Answer> {
    return this.#send('GET', path, undefined, undefined, 'application/json;as=Table;v=v1;g=meta.k8s.io');
  }

  create(path: string, object: object): Promise<Answer> {
    return this.#send('POST', path, JSON.stringify(object), 'application/json');
  }

  merge(path: string, patch: object): Promise<Answer> {
    return this.#send('PATCH', path, JSON.stringify(patch), 'application/merge-patch+json');
  }

  /** Server-side apply of a manifest in YAML, checked but not stored. */
  applyDry(path: string, manifest: string): Promise<Answer> {
    const query = 'fieldManager=test&force=true&dryRun=All';
    return this.#send('PATCH', `${path}?${query}`, manifest, 'application/apply-patch+yaml');
  }

  delete(path: string): Promise<Answer> {
    return this.#send('DELETE', path);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: string,
    type?: string,
    accept = 'application/json',
  ): Promise<Answer> {
    const answer = await request(this.#url + path, {
      method,
      dispatcher: this.#agent,
      headers: { accept, ...(type !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    });
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.statusCode, body: isJson ? (JSON.parse(text) as Body) : { message: text } };
  }
}
