// What can be wrong with an apiserver, beside the data: each method begins one trouble and answers with what ends it. Several may last at once.
import type { Cancel } from '#shared/runtime/clock.ts';
import type { KubeRequest, WatchRequest } from '#shared/kube/kube-api.ts';
import { uniform, type Random } from '#shared/runtime/random.ts';
import { noSuchKind } from './read.ts';
import { refusal, type Refusal } from './answer.ts';

/** Who asks: one process. */
export interface ApiClient {
  /** As `n1/speaker`. */
  readonly name: string;
  /** Where it runs; undefined: nowhere in particular. */
  readonly node: string | undefined;
}

export type Clients = (client: ApiClient) => boolean;

export type Asked = KubeRequest | (WatchRequest & { readonly verb?: undefined });

/** What becomes of a request instead of being done and answered. */
export type Fate =
  | { readonly kind: 'refused'; readonly error: Refusal }
  /** It never arrives. */
  | { readonly kind: 'lost' }
  /** It is done, and nobody hears of it. */
  | { readonly kind: 'unanswered' };

export interface Trouble {
  /** For the trace. */
  readonly what: string;
  /** Whom it befalls. Absent: everyone. */
  readonly clients?: Clients;
  readonly fate?: (request: Asked, client: ApiClient) => Fate | undefined;
  /** Requests take so much longer. */
  readonly delayMs?: number;
  /** What watches show comes so late. */
  readonly watchLagMs?: number;
  /** The replica behind which they are is that far behind. */
  readonly replicaLagMs?: number;
}

export class Troubles {
  readonly #active = new Set<Trouble>();
  readonly #random: Random;
  readonly #record: (event: string, what: string) => void;

  constructor(random: Random, record: (event: string, what: string) => void) {
    this.#random = random;
    this.#record = record;
  }

  begin(trouble: Trouble): Cancel {
    this.#active.add(trouble);
    this.#record('trouble begins', trouble.what);
    return () => {
      if (this.#active.delete(trouble)) this.#record('trouble ends', trouble.what);
    };
  }

  slow({ delayMs }: { readonly delayMs: number }): Cancel {
    return this.begin({ what: `slow by ${delayMs} ms`, delayMs });
  }

  /** So many writes in a hundred are done and never answered. */
  loseAnswers({ percent }: { readonly percent: number }): Cancel {
    return this.begin({
      what: `${percent} % of answers lost`,
      fate: (request) => (isWrite(request) && this.#happens(percent) ? { kind: 'unanswered' } : undefined),
    });
  }

  /** So many requests in a hundred, those for watches too, never arrive. */
  loseRequests({ percent }: { readonly percent: number }): Cancel {
    return this.begin({
      what: `${percent} % of requests lost`,
      fate: () => (this.#happens(percent) ? { kind: 'lost' } : undefined),
    });
  }

  /** 429 and 503 say when to come back; 500 and 504 do not. */
  refuse(options: {
    readonly code: 429 | 500 | 503 | 504;
    readonly percent: number;
    readonly retryAfterMs: number;
  }): Cancel {
    const { code, percent, retryAfterMs } = options;
    const later = code === 429 || code === 503 ? { retryAfterMs } : {};
    const error = refusal(code, `refused with ${code}`, later);
    return this.begin({
      what: `${percent} % refused with ${code}`,
      fate: () => (this.#happens(percent) ? { kind: 'refused', error } : undefined),
    });
  }

  /** One kind of object cannot be had: etcd does not answer for it, its CRD is missing (404), or rights are (403). */
  withhold(plural: string, code: 403 | 404 | 500 = 500): Cancel {
    const error = code === 404 ? noSuchKind : refusal(code, `${plural}: refused with ${code}`);
    return this.begin({
      what: `${plural} withheld with ${code}`,
      fate: ({ resource }) => (resource.plural === plural ? { kind: 'refused', error } : undefined),
    });
  }

  /** 401: token or CA are not the right ones. */
  distrust(clients?: Clients): Cancel {
    const error = refusal(401, 'Unauthorized');
    return this.begin({ what: 'distrust', ...only(clients), fate: () => ({ kind: 'refused', error }) });
  }

  delayWatches({ lagMs }: { readonly lagMs: number }): Cancel {
    return this.begin({ what: `watches lag by ${lagMs} ms`, watchLagMs: lagMs });
  }

  /** Of several replicas, that behind which these clients are lags. */
  staleReplica({ lagMs, clients }: { readonly lagMs: number; readonly clients?: Clients }): Cancel {
    return this.begin({ what: `replica lags by ${lagMs} ms`, replicaLagMs: lagMs, ...only(clients) });
  }

  /** The first that has something in store for it decides. */
  fateOf(request: Asked, client: ApiClient): Fate | undefined {
    for (const { clients, fate } of this.#active) {
      const found = clients?.(client) === false ? undefined : fate?.(request, client);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The worst of all that befall the client. */
  most(what: 'delayMs' | 'watchLagMs' | 'replicaLagMs', client: ApiClient): number {
    let most = 0;
    for (const trouble of this.#active) {
      if (trouble.clients?.(client) !== false) most = Math.max(most, trouble[what] ?? 0);
    }
    return most;
  }

  #happens(percent: number): boolean {
    return uniform(this.#random, 0, 99) < percent;
  }
}

export function isRead({ verb }: Asked): boolean {
  return verb === 'list' || verb === 'get';
}

function isWrite(request: Asked): boolean {
  return request.verb !== undefined && !isRead(request);
}

function only(clients: Clients | undefined): Pick<Trouble, 'clients'> {
  return clients === undefined ? {} : { clients };
}
