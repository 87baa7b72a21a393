// The real way to the apiserver, from inside the cluster or by a kubeconfig.
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { KubeApi } from './kube-api.ts';
import { HttpKubeApi, httpLimits } from './transport/http-kube-api.ts';
import { inClusterCredentials, inClusterFromEnvironment } from './transport/in-cluster.ts';
import { kubeconfigCredentials } from './transport/kubeconfig.ts';

export interface TransportOptions {
  readonly daemon: 'controller' | 'speaker';
  readonly version: string;
  /** Name of the node (speaker) or the pod (controller), for the User-Agent. */
  readonly instance: string;
  /** Path; undefined: in-cluster. */
  readonly kubeconfig: string | undefined;
  /** Unknown fields in what is written: an error in tests, else a warning. */
  readonly fieldValidation?: 'Warn' | 'Strict';
}

export interface Transport extends KubeApi {
  /** Of the service account; undefined out of cluster. */
  readonly namespace: string | undefined;
  stop(): Promise<void>;
}

/** Fails, with a message for the operator, when there is no usable configuration. */
export async function createTransport(
  { daemon, version, instance, kubeconfig, fieldValidation = 'Warn' }: TransportOptions,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<Transport> {
  const credentials =
    kubeconfig === undefined
      ? inClusterCredentials(inClusterFromEnvironment())
      : await kubeconfigCredentials(kubeconfig, log);
  const options = {
    userAgent: `ingot-${daemon}/${version} (${instance})`,
    writer: { fieldManager: `ingot-${daemon}`, fieldValidation },
    limits: httpLimits,
  };
  const api = new HttpKubeApi(options, { credentials, log, metrics });
  return {
    namespace: credentials.namespace,
    request: (request, answered) => api.request(request, answered),
    watch: (request, happened) => api.watch(request, happened),
    stop: () => api.stop(),
  };
}
