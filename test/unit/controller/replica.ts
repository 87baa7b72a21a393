// One controller in a cluster, and what tests ask of it.
import { Controller } from '#controller/controller.ts';
import type { KubeRequest } from '#shared/kube/kube-api.ts';
import { services } from '#shared/kube/resources.ts';
import type { Connection } from '#test/simulation/apiserver/connection.ts';
import { promptly, type Delays } from '#test/simulation/apiserver/delays.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import type { Thread } from '#test/simulation/thread.ts';
import { seededRandom } from '#test/simulation/time/random.ts';
import type { VirtualClock } from '#test/simulation/time/virtual-clock.ts';
import type { AnyObject, Cluster } from '../cluster.ts';

export const ownNamespace = 'metallb-system';

/** `request`: it never arrives. `answer`: it was done, and nobody hears of it. */
export type Loss = 'request' | 'answer' | undefined;

export interface ReplicaOptions {
  /** In milliseconds, asked anew each time. */
  readonly delays?: { readonly request: () => number; readonly answer: () => number; readonly watch: () => number };
  readonly lbClass?: string;
  readonly seed?: number;
  /** It runs in this one, which can be held still. */
  readonly thread?: Thread;
}

export class Replica {
  readonly connection: Connection;
  readonly controller: Controller;
  readonly log = new RecordedLog();
  readonly metrics = new RecordedMetrics();
  /** What is to be lost. */
  losing: (request: KubeRequest) => Loss = () => undefined;
  readonly #requests: KubeRequest[][] = [];
  readonly #thread: Thread | undefined;

  constructor({ apiserver }: Cluster, clock: VirtualClock, options: ReplicaOptions = {}) {
    const { delays, lbClass, seed = 1, thread } = options;
    const name = `controller-${seed}`;
    this.#thread = thread;
    const client = {
      name,
      node: undefined,
      receive: (work: () => void, costUs: number) => (thread === undefined ? work() : thread.receive(work, costUs)),
      ...(thread === undefined ? {} : { clock: thread.clock }),
    };
    this.connection = apiserver.connect(client, {
      delays: delays === undefined ? promptly : inMilliseconds(delays),
      hooks: { requested: (request) => this.#requests.forEach((requests) => requests.push(request)) },
    });
    apiserver.troubles.begin({
      what: 'losses of a test',
      clients: (other) => other === client,
      fate: (request) => {
        const loss = request.verb === undefined ? undefined : this.losing(request);
        return loss === undefined ? undefined : { kind: loss === 'request' ? 'lost' : 'unanswered' };
      },
    });
    this.controller = new Controller(
      { namespace: ownNamespace, podName: name, lbClass },
      {
        api: this.connection,
        clock: thread?.clock ?? clock,
        random: seededRandom(seed),
        log: this.log,
        metrics: this.metrics,
      },
    );
  }

  start(): this {
    if (this.#thread === undefined) this.controller.start();
    else this.#thread.receive(() => this.controller.start(), 0);
    return this;
  }

  /** All that it asks for from now on, whether or not it arrives. */
  asked(): readonly KubeRequest[] {
    const requests: KubeRequest[] = [];
    this.#requests.push(requests);
    return requests;
  }

  /** As kill -9. */
  kill(): void {
    this.connection.close();
  }
}

function inMilliseconds({ request, answer, watch }: NonNullable<ReplicaOptions['delays']>): Delays {
  return {
    requestUs: () => 1_000 * request(),
    serverUs: () => 0,
    answerUs: () => 1_000 * answer(),
    watchUs: () => 1_000 * watch(),
  };
}

export function serviceObject(name: string, { spec = {}, metadata = {}, status = {} }: AnyObject = {}): AnyObject {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, annotations: {}, ...metadata },
    spec: {
      type: 'LoadBalancer',
      clusterIPs: ['10.0.0.1'],
      ipFamilies: ['IPv4'],
      ports: [{ protocol: 'TCP', port: 80 }],
      ...spec,
    },
    status,
  };
}

export function poolObject(name: string, addresses: readonly string[], spec: AnyObject = {}): AnyObject {
  return { metadata: { name, namespace: ownNamespace, uid: `uid-${name}` }, spec: { addresses, ...spec } };
}

/** The addresses that a Service shows. */
export function shownIn(cluster: Cluster, name: string): readonly string[] {
  const ingress: readonly AnyObject[] = cluster.get(services, 'default', name)?.['status'].loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}

/** As `True/Allocated`. */
export function conditionIn(cluster: Cluster, name: string, type: string): string | undefined {
  const conditions: readonly AnyObject[] = cluster.get(services, 'default', name)?.['status'].conditions ?? [];
  const condition = conditions.find((each) => each['type'] === type);
  return condition && `${condition['status']}/${condition['reason']}`;
}
