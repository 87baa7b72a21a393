// The lab's own way to the apiserver: as the cluster's admin, with promises, for objects as plain JSON.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { Certificates } from './certificates.ts';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- objects of any kind, read by tests that know what they made
  readonly [field: string]: any;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type PatchType = 'apply-patch+yaml' | 'merge-patch+json' | 'strategic-merge-patch+json' | 'json-patch+json';

/** The apiserver's refusal, in its words. */
export class Refused extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

interface DiscoveredKind {
  readonly plural: string;
  readonly namespaced: boolean;
}

const fieldManager = 'lab';
const requestTimeoutMs = 20_000;

export class AdminClient {
  readonly url: string;
  readonly #agent: Agent;
  readonly #kinds = new Map<string, DiscoveredKind>();

  constructor(url: string, certificates: Certificates) {
    this.url = url;
    this.#agent = new Agent({
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
      connect: {
        ca: readFileSync(certificates.authority.certificate),
        cert: readFileSync(certificates.admin.certificate),
        key: readFileSync(certificates.admin.key),
      },
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** One request; throws Refused when the answer is no success. */
  async request(method: Method, path: string, body?: unknown, contentType = 'application/json'): Promise<unknown> {
    const answer = await request(`${this.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { 'content-type': contentType, accept: 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode < 300) return parsed(text);
    const status = parsed(text) as { reason?: string; message?: string } | string;
    const said = typeof status === 'string' ? { message: status } : status;
    throw new Refused(answer.statusCode, said.reason ?? '', said.message ?? text);
  }

  async get(path: string): Promise<KubeObject> {
    return (await this.request('GET', path)) as KubeObject;
  }

  async list(path: string): Promise<readonly KubeObject[]> {
    return ((await this.request('GET', path)) as { items: readonly KubeObject[] }).items;
  }

  async create(object: KubeObject): Promise<KubeObject> {
    return (await this.request('POST', await this.collectionPath(object), object)) as KubeObject;
  }

  /** Server-side apply: creates the object or makes it so. */
  async apply(object: KubeObject, subresource?: 'status'): Promise<KubeObject> {
    const path = `${await this.pathOf(object)}${subresource === undefined ? '' : `/${subresource}`}`;
    const query = `?fieldManager=${fieldManager}&force=true`;
    return (await this.request('PATCH', path + query, object, 'application/apply-patch+yaml')) as KubeObject;
  }

  async patch(path: string, body: unknown, type: PatchType = 'merge-patch+json'): Promise<KubeObject> {
    return (await this.request(
      'PATCH',
      `${path}?fieldManager=${fieldManager}`,
      body,
      `application/${type}`,
    )) as KubeObject;
  }

  /** Deletes what is there; that it is gone already is no error. */
  async delete(path: string): Promise<void> {
    try {
      await this.request('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' });
    } catch (error) {
      if (!(error instanceof Refused && error.code === 404)) throw error;
    }
  }

  /** Where an object lives: /api/v1/namespaces/default/services/web. */
  async pathOf(object: KubeObject): Promise<string> {
    return `${await this.collectionPath(object)}/${object.metadata.name}`;
  }

  async collectionPath(object: KubeObject): Promise<string> {
    const { plural, namespaced } = await this.#discover(object.apiVersion, object.kind);
    const namespace = namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : '';
    return `${groupPath(object.apiVersion)}${namespace}/${plural}`;
  }

  async #discover(apiVersion: string, kind: string): Promise<DiscoveredKind> {
    const key = `${apiVersion}/${kind}`;
    if (!this.#kinds.has(key)) {
      const answer = (await this.request('GET', groupPath(apiVersion))) as {
        resources: readonly { name: string; kind: string; namespaced: boolean }[];
      };
      for (const { name, kind: found, namespaced } of answer.resources) {
        if (!name.includes('/')) this.#kinds.set(`${apiVersion}/${found}`, { plural: name, namespaced });
      }
    }
    const discovered = this.#kinds.get(key);
    if (discovered === undefined) throw new Error(`The apiserver knows no ${kind} in ${apiVersion}`);
    return discovered;
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** JSON where it is JSON; /readyz and some refusals are plain text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
