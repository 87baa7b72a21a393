// A small apiserver in memory for tests of whole daemons: objects, selections, streaming lists, watches and the writes that a speaker makes.
// It answers a millisecond later. Objects are as kubectl would show them.
import type { Cancel } from '#shared/runtime/clock.ts';
import type {
  KubeAnswer,
  KubeApi,
  KubeRequest,
  Resource,
  Selection,
  WatchEvent,
  WatchRequest,
} from '#shared/kube/kube-api.ts';
import { refusal, lostConnection } from '#test/simulation/scripted-kube-api.ts';
import type { VirtualClock } from '#test/simulation/clock.ts';

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly object[];
}

export interface StoredObject {
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

/** As in a manifest: the apiserver fills in the rest. */
export interface AppliedObject {
  readonly metadata: Partial<Metadata> & { readonly name: string };
  readonly [field: string]: unknown;
}

interface OpenWatch {
  readonly request: WatchRequest;
  readonly tell: (event: WatchEvent) => void;
}

const delayMs = 1;
const created = '2026-01-01T00:00:00Z';

export class SmallApiserver implements KubeApi {
  /** Everything but reads, oldest first. */
  readonly writes: KubeRequest[] = [];
  readonly #clock: VirtualClock;
  readonly #objects = new Map<string, { readonly resource: Resource; readonly object: StoredObject }>();
  readonly #watches = new Set<OpenWatch>();
  #revision = 0;
  #isDown = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** What a user or a controller writes. */
  apply(
    resource: Resource,
    object: { readonly metadata: Partial<Metadata> & { readonly name: string } },
  ): StoredObject {
    const before = this.get(resource, object.metadata.name);
    const { name } = object.metadata;
    const uid = before?.metadata.uid ?? object.metadata.uid ?? `uid-${name}`;
    const metadata = { creationTimestamp: created, ...object.metadata, uid, resourceVersion: String(++this.#revision) };
    return this.#store(resource, { ...object, metadata }, before);
  }

  remove(resource: Resource, name: string): void {
    const [key, stored] =
      [...this.#objects].find(([, one]) => isOf(one.resource, resource) && one.object.metadata.name === name) ?? [];
    if (key === undefined || stored === undefined) throw new Error(`there is no ${resource.kind} ${name}`);
    this.#objects.delete(key);
    const { metadata } = stored.object;
    this.#tell(resource, undefined, {
      ...stored.object,
      metadata: { ...metadata, resourceVersion: String(++this.#revision) },
    });
  }

  get(resource: Resource, name: string): StoredObject | undefined {
    return this.list(resource).find(({ metadata }) => metadata.name === name);
  }

  list(resource: Resource): readonly StoredObject[] {
    return [...this.#objects.values()].filter((stored) => isOf(stored.resource, resource)).map(({ object }) => object);
  }

  /** Kinds that are watched now. */
  get watched(): readonly string[] {
    return [...this.#watches].map(({ request }) => request.resource.kind).toSorted();
  }

  goDown(): void {
    this.#isDown = true;
    for (const { tell } of this.#watches) tell({ kind: 'closed', error: lostConnection() });
    this.#watches.clear();
  }

  comeBack(): void {
    this.#isDown = false;
  }

  request(request: KubeRequest, answered: (answer: KubeAnswer) => void): Cancel {
    return this.#clock.after(delayMs, () => {
      if (this.#isDown) return answered({ kind: 'failed', error: lostConnection() });
      if (request.verb !== 'list' && request.verb !== 'get') this.writes.push(request);
      answered(this.#answer(request));
    });
  }

  watch(request: WatchRequest, happened: (event: WatchEvent) => void): Cancel {
    const watch = { request, tell: happened };
    const cancel = this.#clock.after(delayMs, () => {
      if (this.#isDown) return happened({ kind: 'closed', error: lostConnection() });
      this.#watches.add(watch);
      happened({ kind: 'opened' });
      if (request.sendInitialEvents !== true) return;
      for (const object of this.#selected(request)) happened({ kind: 'line', line: { type: 'ADDED', object } });
      const annotations = { 'k8s.io/initial-events-end': 'true' };
      const bookmark = { metadata: { resourceVersion: String(this.#revision), annotations } };
      happened({ kind: 'line', line: { type: 'BOOKMARK', object: bookmark } });
    });
    return () => {
      cancel();
      this.#watches.delete(watch);
    };
  }

  #answer(request: KubeRequest): KubeAnswer {
    switch (request.verb) {
      case 'list':
        return ok({ metadata: { resourceVersion: String(this.#revision) }, items: this.#selected(request) });
      case 'get': {
        const found = this.get(request.resource, request.name);
        return found === undefined ? failed(404, 'NotFound') : ok(found);
      }
      case 'create': {
        const { status: _, ...body } = request.body as StoredObject;
        if (this.get(request.resource, body.metadata.name) !== undefined) return failed(409, 'AlreadyExists');
        const uid = `uid-${body.metadata.name}-${this.#revision}`;
        return ok(this.apply(request.resource, { ...body, metadata: { ...body.metadata, uid } }));
      }
      case 'patch': {
        const found = this.get(request.resource, request.name);
        if (found === undefined) return failed(404, 'NotFound');
        const { status } = request.body as { readonly status: object };
        const patched: AppliedObject = { ...found, status: { ...(found['status'] as object), ...status } };
        return ok(this.apply(request.resource, patched));
      }
      case 'delete': {
        const found = this.get(request.resource, request.name);
        if (found === undefined) return failed(404, 'NotFound');
        if (found.metadata.uid !== request.uid) return failed(409, 'Conflict');
        this.remove(request.resource, request.name);
        return ok({ kind: 'Status' });
      }
      case 'update':
        return failed(405, 'MethodNotAllowed');
    }
  }

  #store(resource: Resource, object: StoredObject, before: StoredObject | undefined): StoredObject {
    this.#objects.set(`${resource.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, {
      resource,
      object,
    });
    this.#tell(resource, object, before);
    return object;
  }

  /** Later, as a network does. A watch whose selection the object leaves sees it deleted. */
  #tell(resource: Resource, now: StoredObject | undefined, before: StoredObject | undefined): void {
    for (const watch of this.#watches) {
      if (!isOf(watch.request.resource, resource)) continue;
      const is = now !== undefined && selects(watch.request, now);
      const was = before !== undefined && selects(watch.request, before);
      const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
      if (!is && !was) continue;
      const object = is ? now : before;
      this.#clock.after(delayMs, () => {
        if (this.#watches.has(watch)) watch.tell({ kind: 'line', line: { type, object } });
      });
    }
  }

  #selected(selection: Selection): readonly StoredObject[] {
    return this.list(selection.resource).filter((object) => selects(selection, object));
  }
}

function isOf(a: Resource, b: Resource): boolean {
  return a.kind === b.kind && a.group === b.group;
}

function selects({ namespace, labelSelector, fieldSelector }: Selection, object: StoredObject): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false;
  return matchesLabels(labelSelector, object.metadata.labels ?? {}) && matchesField(fieldSelector, object);
}

function matchesLabels(selector: string | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return true;
  if (selector.startsWith('!')) return !(selector.slice(1) in labels);
  const [name = '', value] = selector.split('=');
  return labels[name] === value;
}

function matchesField(selector: string | undefined, object: StoredObject): boolean {
  if (selector === undefined) return true;
  const [path = '', value] = selector.split('=');
  const found = path.split('.').reduce<unknown>((at, step) => (at as Readonly<Record<string, unknown>>)[step], object);
  return found === value;
}

function ok(body: unknown): KubeAnswer {
  return { kind: 'ok', body };
}

function failed(code: number, reason: string): KubeAnswer {
  return { kind: 'failed', error: refusal(code, reason) };
}
