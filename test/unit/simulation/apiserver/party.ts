// An apiserver and its clients, for tests of what can be wrong between them.
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { namespaces, services } from '#shared/kube/resources.ts';
import { Apiserver, type ApiserverOptions } from '#test/simulation/apiserver/apiserver.ts';
import type { Connection } from '#test/simulation/apiserver/connection.ts';
import { promptly } from '#test/simulation/apiserver/delays.ts';
import type { KubeObject } from '#test/simulation/apiserver/object.ts';
import { randomFor } from '#test/simulation/time/random.ts';
import { VirtualClock } from '#test/simulation/time/virtual-clock.ts';

export const list: Extract<KubeRequest, { verb: 'list' }> = {
  verb: 'list',
  resource: services,
  namespace: 'web',
  limit: 500,
};
export const patch: KubeRequest = {
  verb: 'patch',
  patch: 'merge',
  resource: services,
  namespace: 'web',
  name: 'shop',
  body: { metadata: { labels: { app: 'x' } } },
};
export const stream: WatchRequest = {
  resource: services,
  namespace: 'web',
  sendInitialEvents: true,
  timeoutSeconds: 600,
};

export class Party {
  readonly clock = new VirtualClock();
  readonly server: Apiserver;
  readonly connection: Connection;

  constructor(options: Partial<ApiserverOptions> = {}) {
    const { scheduler } = this.clock;
    this.server = new Apiserver({ scheduler, random: (purpose) => randomFor(1, purpose), ...options });
    this.connection = this.connect('n1');
    this.server.put(namespaces, { metadata: { name: 'web' } });
    this.put('shop');
  }

  /** A millisecond away. */
  connect(node: string): Connection {
    const client = { name: `${node}/speaker`, node, receive: (work: () => void) => work() };
    return this.server.connect(client, { delays: promptly });
  }

  put(name: string, type = 'LoadBalancer'): KubeObject {
    return this.server.put(services, { metadata: { name, namespace: 'web' }, spec: { type } });
  }

  /** What is answered, in short and after how long, once it is: `ok after 2 ms`, `503 after 2 ms`, `ETIMEDOUT after 5000 ms`. */
  ask(request: KubeRequest, connection = this.connection): string[] {
    const heard: string[] = [];
    const sentMs = this.clock.nowMs();
    connection.request(request, (answer) => {
      heard.push(`${inShort(answer)} after ${this.clock.nowMs() - sentMs} ms`);
    });
    return heard;
  }

  /** The whole answer, which comes within a minute. */
  answer(request: KubeRequest, connection = this.connection): KubeAnswer {
    const heard: KubeAnswer[] = [];
    connection.request(request, (answer) => heard.push(answer));
    for (let step = 0; step < 60_000 && heard.length === 0; step++) this.clock.advance(1);
    const [answer] = heard;
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  /** Events in words, as they come: `opened`, `ADDED shop`, `BOOKMARK 103`, `ERROR 410`, `closed`, `closed: ECONNRESET`. */
  watch(request: WatchRequest, connection = this.connection): string[] {
    const heard: string[] = [];
    connection.watch(request, (event) => heard.push(inWords(event)));
    return heard;
  }
}

export function namesIn(answer: KubeAnswer): readonly string[] {
  const { items } = (answer.kind === 'ok' ? answer.body : {}) as { readonly items?: readonly KubeObject[] };
  return (items ?? []).map(({ metadata }) => metadata.name);
}

function inShort(answer: KubeAnswer): string {
  return answer.kind === 'ok' ? 'ok' : String(answer.error.code);
}

function inWords(event: WatchEvent): string {
  if (event.kind === 'opened') return 'opened';
  if (event.kind === 'closed') return event.error === undefined ? 'closed' : `closed: ${event.error.code}`;
  if (event.line === undefined) return 'garbage';
  const { type } = event.line;
  const { metadata, code } = event.line.object as { readonly metadata: KubeObject['metadata']; readonly code?: number };
  if (type === 'ERROR') return `ERROR ${code}`;
  return `${type} ${type === 'BOOKMARK' ? metadata.resourceVersion : metadata.name}`;
}
