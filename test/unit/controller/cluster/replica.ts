// One controller in the model cluster, and what tests ask of it.
import { Controller } from '#controller/controller.ts';
import { seededRandom } from '#test/simulation/random.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';
import type { VirtualClock } from '#test/simulation/clock.ts';
import { Connection, promptly, type Delays } from './connection.ts';
import type { KubeObject, ModelCluster } from './model-cluster.ts';

export const ownNamespace = 'metallb-system';

export interface ReplicaOptions {
  readonly delays?: Delays;
  readonly lbClass?: string;
  readonly seed?: number;
}

export class Replica {
  readonly connection: Connection;
  readonly controller: Controller;
  readonly log = new RecordedLog();
  readonly metrics = new RecordedMetrics();

  constructor(cluster: ModelCluster, clock: VirtualClock, options: ReplicaOptions = {}) {
    const { delays = promptly, lbClass, seed = 1 } = options;
    this.connection = new Connection(cluster, clock, delays);
    this.controller = new Controller(
      { namespace: ownNamespace, podName: `controller-${seed}`, lbClass },
      { api: this.connection, clock, random: seededRandom(seed), log: this.log, metrics: this.metrics },
    );
  }

  start(): this {
    this.controller.start();
    return this;
  }

  /** As kill -9. */
  kill(): void {
    this.connection.isDead = true;
  }
}

export function serviceObject(name: string, { spec = {}, metadata = {}, status = {} }: KubeObject = {}): KubeObject {
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

export function poolObject(name: string, addresses: readonly string[], spec: KubeObject = {}): KubeObject {
  return { metadata: { name, namespace: ownNamespace, uid: `uid-${name}` }, spec: { addresses, ...spec } };
}

export const defaultNamespace: KubeObject = { metadata: { name: 'default', labels: {} } };

/** The addresses that a Service shows. */
export function shownIn(cluster: ModelCluster, name: string): readonly string[] {
  const ingress: readonly KubeObject[] =
    cluster.get('services', 'default', name)?.['status'].loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
}

/** As `True/Allocated`. */
export function conditionIn(cluster: ModelCluster, name: string, type: string): string | undefined {
  const conditions: readonly KubeObject[] = cluster.get('services', 'default', name)?.['status'].conditions ?? [];
  const condition = conditions.find((each) => each['type'] === type);
  return condition && `${condition['status']}/${condition['reason']}`;
}
