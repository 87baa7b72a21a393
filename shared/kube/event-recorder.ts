// Events (events.k8s.io/v1): one object for each (object, reason, note), whose repeats are counted in its series. Bounded in every way, and never
// in anybody's way: what is too much is counted in one line of the log.
import type { Cancel } from '../runtime/clock.ts';
import { randomHex } from '../runtime/random.ts';
import { fullBucket, refill, type TokenBucket, type TokenBucketLimit } from '../runtime/token-bucket.ts';
import type { KubeDependencies } from './dependencies.ts';
import type { KubeError, KubeRequest } from './kube-api.ts';
import { microTime } from './micro-time.ts';
import { apiVersionOf, events } from './resources.ts';
import { truncateUtf8 } from './truncate-utf8.ts';
import type { WriteQueue } from './write-queue.ts';
import type { WriteOutcome } from './write.ts';

export interface EventRecorderOptions {
  readonly controller: 'metallb-controller' | 'metallb-speaker';
  /** Name of the pod. */
  readonly instance: string;
}

export interface RecordedEvent {
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    /** Empty for a cluster-scoped object. */
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** An Event that was written, and what happened since. */
interface Series {
  readonly namespace: string;
  readonly name: string;
  count: number;
  /** What the apiserver was told. */
  writtenCount: number;
  lastMs: number;
  lastWallMs: number;
}

const seriesMs = 600_000;
const tidyMs = 60_000;
const mostSeries = 5_000;
const mostObjects = 10_000;
const mostAttempts = 3;
const longestNoteBytes = 1_024;
const longestNamePart = 200;
const objectLimit: TokenBucketLimit = { perSecond: 0.1, burst: 25 };
/** Beyond the burst of the daemon: a storm of allocations leaves room to say what is wrong. */
const keptForWarnings = 10;
const daemonLimit: TokenBucketLimit = { perSecond: 5, burst: 25 + keptForWarnings };

type Dependencies = Pick<KubeDependencies, 'clock' | 'random' | 'log'> & { readonly queue: WriteQueue };

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #dependencies: Dependencies;
  readonly #series = new Map<string, Series>();
  readonly #objects = new Map<string, TokenBucket>();
  #daemon: TokenBucket;
  #suppressed = 0;
  #tidying: Cancel | undefined;

  constructor(options: EventRecorderOptions, dependencies: Dependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#daemon = fullBucket(daemonLimit, dependencies.clock.nowMs());
  }

  record(event: RecordedEvent): void {
    const { clock } = this.#dependencies;
    const note = truncateUtf8(event.note, longestNoteBytes);
    const key = `event/${event.regarding.uid}/${event.reason}/${note}`;
    this.#tidying ??= clock.after(tidyMs, () => this.#tidy());
    const known = this.#series.get(key);
    if (known !== undefined && clock.nowMs() - known.lastMs < seriesMs) {
      known.count++;
      known.lastMs = clock.nowMs();
      known.lastWallMs = clock.wallMs();
    } else if (this.#allows(event)) {
      this.#create(key, { ...event, note });
    } else {
      this.#suppressed++;
    }
  }

  stop(): void {
    this.#tidying?.();
  }

  /** Takes a token of the object and one of the daemon, or none. */
  #allows({ regarding: { uid }, type }: RecordedEvent): boolean {
    const nowMs = this.#dependencies.clock.nowMs();
    const object = refill(this.#objects.get(uid) ?? fullBucket(objectLimit, nowMs), objectLimit, nowMs);
    this.#daemon = refill(this.#daemon, daemonLimit, nowMs);
    const daemonTokens = this.#daemon.tokens - (type === 'Warning' ? 0 : keptForWarnings);
    if (object.tokens < 1 || daemonTokens < 1) return false;
    this.#daemon = { ...this.#daemon, tokens: this.#daemon.tokens - 1 };
    forgetOldest(this.#objects, mostObjects);
    this.#objects.set(uid, { ...object, tokens: object.tokens - 1 });
    return true;
  }

  #create(key: string, event: RecordedEvent): void {
    const { clock, random } = this.#dependencies;
    const namespace = event.regarding.namespace === '' ? 'default' : event.regarding.namespace;
    const name = `${namePart(event.regarding.name)}.${randomHex(random, 16)}`;
    const lastMs = clock.nowMs();
    forgetOldest(this.#series, mostSeries);
    this.#series.set(key, { namespace, name, count: 1, writtenCount: 1, lastMs, lastWallMs: clock.wallMs() });
    const { regarding, type, reason, action, note } = event;
    this.#write(key, {
      verb: 'create',
      resource: events,
      namespace,
      body: {
        apiVersion: apiVersionOf(events),
        kind: events.kind,
        metadata: { namespace, name },
        eventTime: microTime(clock.wallMs()),
        reportingController: this.#options.controller,
        reportingInstance: this.#options.instance,
        regarding: { ...regarding, ...(regarding.namespace === '' ? { namespace: undefined } : {}) },
        type,
        reason,
        action,
        note,
      },
    });
  }

  /** Each minute: tells the counts that changed, forgets what is over, and says how much was suppressed. */
  #tidy(): void {
    const { clock, log } = this.#dependencies;
    this.#tidying = undefined;
    for (const [key, series] of this.#series) {
      if (series.count > series.writtenCount) this.#count(key, series);
      else if (clock.nowMs() - series.lastMs >= seriesMs) this.#series.delete(key);
    }
    if (this.#suppressed > 0) log.warn({ suppressed: this.#suppressed }, 'too many Events: these were not written');
    this.#suppressed = 0;
    if (this.#series.size > 0) this.#tidying = clock.after(tidyMs, () => this.#tidy());
  }

  #count(key: string, series: Series): void {
    series.writtenCount = series.count;
    const { namespace, name, count, lastWallMs } = series;
    const body = { series: { count, lastObservedTime: microTime(lastWallMs) } };
    this.#write(key, { verb: 'patch', patch: 'merge', resource: events, namespace, name, body });
  }

  /** Three attempts, and none more where the namespace is going away. */
  #write(key: string, request: KubeRequest): void {
    let attempts = 0;
    const settled = (outcome: WriteOutcome): void => {
      if (outcome.kind === 'gone') this.#series.delete(key);
      if (outcome.kind !== 'refused' && outcome.kind !== 'unknown') return;
      attempts++;
      if (attempts < mostAttempts && !isTerminating(outcome.error)) return;
      this.#dependencies.queue.remove(key);
      this.#series.delete(key);
    };
    this.#dependencies.queue.add({ key, priority: 'event', request, settled });
  }
}

/** A name of an object, cut so that a dot may follow. */
function namePart(name: string): string {
  return name.slice(0, longestNamePart).replace(/[-.]+$/, '');
}

function isTerminating(error: KubeError): boolean {
  return error.kind === 'status' && error.code === 403 && error.message.includes('being terminated');
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size < most) return;
  for (const [oldest] of map) {
    map.delete(oldest);
    return;
  }
}
