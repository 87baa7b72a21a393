// The limit: bare status patches of the same Services, as fast as the apiserver takes them.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { ControlPlane } from '#test/lab/control-plane/control-plane.ts';
import { inParallel } from './in-parallel.ts';

export async function patchEach(
  { url, certificates }: ControlPlane,
  namespace: string,
  names: readonly string[],
  concurrency: number,
  body: (index: number) => object,
): Promise<void> {
  const agent = new Agent({
    allowH2: true,
    connections: 1,
    pipelining: concurrency,
    connect: {
      ca: readFileSync(certificates.authority.certificate),
      cert: readFileSync(certificates.admin.certificate),
      key: readFileSync(certificates.admin.key),
    },
  });
  try {
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
  } finally {
    await agent.close();
  }
}
