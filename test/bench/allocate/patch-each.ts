// Bare status patches of Services, as fast as the apiserver takes them.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { inParallel } from './in-parallel.ts';

/** As plain data, to be told to another process. */
export interface PatchTask {
  readonly url: string;
  /** Paths of PEM files. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  readonly namespace: string;
  readonly names: readonly string[];
  readonly concurrency: number;
}

export function connect({ authority, certificate, key, concurrency }: PatchTask): Agent {
  return new Agent({
    allowH2: true,
    connections: 1,
    pipelining: concurrency,
    connect: { ca: readFileSync(authority), cert: readFileSync(certificate), key: readFileSync(key) },
  });
}

export async function patchEach(task: PatchTask, agent: Agent, body: (index: number) => object): Promise<void> {
  const { url, namespace, names, concurrency } = task;
  await inParallel(names, concurrency, async (name, index) => {
    const answer = await request(`${url}/api/v1/namespaces/${namespace}/services/${name}/status`, {
      method: 'PATCH',
      dispatcher: agent,
      headers: { 'content-type': 'application/strategic-merge-patch+json', accept: 'application/json' },
      body: JSON.stringify(body(index)),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text}`);
  });
}
