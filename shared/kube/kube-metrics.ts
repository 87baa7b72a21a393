// The metrics of everything that talks to the apiserver, declared once for a registry however many watchers and queues share it.
import type { Metrics } from '../runtime/metrics.ts';

export type KubeMetrics = ReturnType<typeof declare>;

const declared = new WeakMap<Metrics, KubeMetrics>();

export function kubeMetrics(metrics: Metrics): KubeMetrics {
  const known = declared.get(metrics) ?? declare(metrics);
  declared.set(metrics, known);
  return known;
}

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

function declare(metrics: Metrics) {
  return {
    requests: metrics.counter('ingot_api_requests_total', 'Requests to the apiserver and their answers', [
      'verb',
      'resource',
      'code',
    ]),
    requestSeconds: metrics.histogram(
      'ingot_api_request_seconds',
      'Time until the apiserver answered',
      requestSeconds,
      ['verb', 'resource'],
    ),
    retries: metrics.counter('ingot_api_retries_total', 'Writes that have to be sent again', ['resource', 'reason']),
    watchRestarts: metrics.counter('ingot_watch_restarts_total', 'Watches and lists that were begun again', [
      'kind',
      'reason',
    ]),
    relists: metrics.counter('ingot_relists_total', 'Kinds that were listed again', ['kind']),
    lastEventAge: metrics.gauge('ingot_last_event_age_seconds', 'Time since the apiserver was heard about a kind', [
      'kind',
    ]),
    queueDepth: metrics.gauge('ingot_queue_depth', 'Writes that wait or are in flight'),
    queueOldest: metrics.gauge('ingot_queue_oldest_seconds', 'Age of the write that waits longest'),
    limitReached: metrics.counter('ingot_limit_reached_total', 'Bounds that were reached', ['limit']),
    leader: metrics.gauge('ingot_leader', 'This process holds the Lease'),
  };
}
