// When the apiserver was last heard: each answer counts, whatever it says. Watches may be silent for minutes; the Lease is asked for every 2 s.
import type { Clock } from '#shared/runtime/clock.ts';
import type { KubeApi } from '#shared/kube/kube-api.ts';

export interface ApiContact {
  /** The same apiserver, listened to. */
  readonly api: KubeApi;
  silentMs(): number;
}

export function listenToApi(api: KubeApi, clock: Clock): ApiContact {
  let heardMs = clock.nowMs();
  return {
    api: {
      request: (request, answered) =>
        api.request(request, (answer) => {
          if (answer.kind === 'ok' || answer.error.kind === 'status') heardMs = clock.nowMs();
          answered(answer);
        }),
      watch: (request, happened) => api.watch(request, happened),
    },
    silentMs: () => clock.nowMs() - heardMs,
  };
}
