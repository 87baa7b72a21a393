// The real adapter against a scripted server, with answers and events in the order they come.
import type { KubeAnswer, KubeRequest, WatchEvent, WatchRequest } from '#shared/kube/kube-api.ts';
import { HttpKubeApi, httpLimits, type HttpLimits } from '#shared/kube/transport/http-kube-api.ts';
import type { CredentialSource } from '#shared/kube/transport/credentials.ts';
import { RecordedLog, RecordedMetrics } from '#test/simulation/recorder.ts';

export function plainCredentials(port: number): CredentialSource {
  const credentials = { server: `http://127.0.0.1:${port}`, tls: {}, headers: {}, proxyUrl: undefined };
  return { namespace: undefined, read: () => Promise.resolve(credentials) };
}

export class HttpClient {
  readonly log = new RecordedLog();
  readonly metrics = new RecordedMetrics();
  readonly api: HttpKubeApi;

  constructor(credentials: CredentialSource, limits: Partial<HttpLimits> = {}) {
    const writer = { fieldManager: 'ingot-speaker', fieldValidation: 'Warn' } as const;
    this.api = new HttpKubeApi(
      { userAgent: 'ingot-speaker/1.2.3 (n1)', writer, limits: { ...httpLimits, ...limits } },
      { credentials, log: this.log, metrics: this.metrics },
    );
  }

  ask(request: KubeRequest): Promise<KubeAnswer> {
    return new Promise((answered) => void this.api.request(request, answered));
  }

  watch(request: WatchRequest): WatchReader {
    return new WatchReader((happened) => this.api.watch(request, happened));
  }
}

/** The events of a watch, one after the other. */
export class WatchReader {
  readonly cancel: () => void;
  readonly #events: WatchEvent[] = [];
  readonly #takers: ((event: WatchEvent) => void)[] = [];

  constructor(start: (happened: (event: WatchEvent) => void) => () => void) {
    this.cancel = start((event) => {
      const taker = this.#takers.shift();
      if (taker === undefined) this.#events.push(event);
      else taker(event);
    });
  }

  next(): Promise<WatchEvent> {
    const event = this.#events.shift();
    return event === undefined ? new Promise((taken) => this.#takers.push(taken)) : Promise.resolve(event);
  }
}
