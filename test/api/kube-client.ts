// Ingot's own way to a real apiserver, with promises for tests.
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { KubeAnswer, KubeRequest, Selection } from '#shared/kube/kube-api.ts';
import type { ObjectKey, Parsed } from '#shared/kube/objects/view.ts';
import { services } from '#shared/kube/resources.ts';
import { createTransport, type Transport } from '#shared/kube/transport.ts';
import { Watcher } from '#shared/kube/watcher.ts';
import { systemClock, systemRandom } from '#shared/runtime/system.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';

export interface KubeClient extends KubeDependencies {
  readonly api: Transport;
  readonly log: RecordedLog;
  readonly metrics: RecordedMetrics;
}

export async function kubeClient(kubeconfig: string, instance = 'test'): Promise<KubeClient> {
  const log = new RecordedLog();
  const metrics = new RecordedMetrics();
  const api = await createTransport(
    { daemon: 'controller', version: '0.0.0', instance, kubeconfig, fieldValidation: 'Strict' },
    { log, metrics },
  );
  return { api, clock: systemClock, random: systemRandom, log, metrics };
}

export function ask({ api }: KubeClient, request: KubeRequest): Promise<KubeAnswer> {
  return new Promise((answered) => void api.request(request, answered));
}

/** The object that it answers with, or the error. */
export async function done(client: KubeClient, request: KubeRequest): Promise<KubeObject> {
  const answer = await ask(client, request);
  if (answer.kind === 'failed') throw new Error(JSON.stringify(answer.error));
  return answer.body as KubeObject;
}

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
    /** Of a list. */
    readonly continue?: string;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- objects of any kind, read by tests that know what they asked for
  readonly [field: string]: any;
}

export function createService(
  client: KubeClient,
  namespace: string,
  name: string,
  type = 'LoadBalancer',
): Promise<KubeObject> {
  const body = { metadata: { name }, spec: { type, ports: [{ port: 80 }] } };
  return done(client, { verb: 'create', resource: services, namespace, body });
}

/** What a watcher told, in words. */
export interface Watched<View> {
  readonly watcher: Watcher<View>;
  readonly told: string[];
}

export function watch<View>(
  client: KubeClient,
  selection: Selection,
  parse: (object: unknown) => Parsed<View>,
): Watched<View> {
  const told: string[] = [];
  const watcher = new Watcher({ selection, parse }, client, {
    synced: () => told.push('synced'),
    changed: (key: ObjectKey, view, _resourceVersion, viewChanged) => {
      told.push(`${key} ${view === undefined ? 'gone' : viewChanged ? 'changed' : 'same'}`);
    },
  });
  watcher.start();
  return { watcher, told };
}
