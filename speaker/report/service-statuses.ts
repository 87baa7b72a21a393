// Status objects of one kind that say what this node does for Services: made when it begins, deleted when it has not done it for 10 s, or when the
// Service is gone. Names follow from the Service, so an earlier process's object is met again, and another node's is replaced.
import type { Resource } from '#shared/kube/kube-api.ts';
import { textMap } from '#shared/kube/objects/fields.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { objectKey, parseView, type Meta, type ObjectKey, type Parsed } from '#shared/kube/objects/view.ts';
import type { DesiredStatusObject, StatusObjects } from '#shared/kube/status-object.ts';
import { Watcher, type Explanation } from '#shared/kube/watcher.ts';
import type { KubeDependencies } from '#shared/kube/dependencies.ts';
import type { Cancel } from '#shared/runtime/clock.ts';
import { Contention } from './contention.ts';
import { addressesOf } from '../desired/holders.ts';
import type { SpeakerNode } from '../desired/inputs.ts';
import { hexDigits, type Sha256 } from '../digest.ts';
import { ownerReference } from '../cluster/own-node.ts';
import type { Snapshot } from '../cluster/snapshot.ts';

/** A Service may be silent for this long before its object goes. */
const silenceMs = 10_000;
const nodeLabel = 'metallb.io/node';
const serviceNameLabel = 'metallb.io/service-name';
const serviceNamespaceLabel = 'metallb.io/service-namespace';

/** `Shown`: what is shown of one Service. */
export interface ServiceStatusKind<Shown> {
  readonly resource: Resource;
  /** From the digits that stand for the Service: the beginning of the names of its objects, whole for the object of the Service as a whole. */
  readonly nameOf: (digits: string) => string;
  readonly statusesOf: (shown: Shown) => readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly service: ServiceView;
  /** What of the Service it is about; undefined: the Service as a whole. */
  readonly part: string | undefined;
  /** Of the status, besides node and Service. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ServiceStatusOptions {
  readonly namespace: string;
  readonly nodeName: string;
}

export interface ServiceStatusDependencies extends KubeDependencies {
  readonly objects: StatusObjects;
  readonly sha256: Sha256;
  readonly snapshot: Pick<Snapshot, 'service'>;
}

/** An object that exists, and the Service that it is about. */
interface StatusView extends Meta {
  readonly service: ObjectKey;
}

export class ServiceStatuses<Shown> {
  readonly #kind: ServiceStatusKind<Shown>;
  readonly #options: ServiceStatusOptions;
  readonly #dependencies: ServiceStatusDependencies;
  readonly #changed: () => void;
  /** The objects that name this node. */
  readonly #existing: Watcher<StatusView>;
  readonly #contention: Contention;
  readonly #names = new WeakMap<ServiceView, string>();
  /** Of the last update; undefined: there is something to do, whatever is shown. */
  #updated: { readonly shown: readonly Shown[]; readonly node: SpeakerNode } | undefined;
  /** Names of the objects that are to say what is true now. */
  #true: ReadonlySet<string> = new Set();
  /** Since when the other ones of this node are not true. */
  #silentSinceMs: ReadonlyMap<string, number> = new Map();
  #wake: Cancel | undefined;

  /** `changed`: time has passed or the apiserver shows something else, and `update` is to be called. */
  constructor(
    kind: ServiceStatusKind<Shown>,
    options: ServiceStatusOptions,
    dependencies: ServiceStatusDependencies,
    changed: () => void,
  ) {
    this.#kind = kind;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#changed = () => {
      this.#updated = undefined;
      changed();
    };
    this.#contention = new Contention(dependencies.clock);
    const labelSelector = `${nodeLabel}=${options.nodeName}`;
    this.#existing = new Watcher(
      {
        selection: { resource: kind.resource, namespace: options.namespace, labelSelector },
        parse: parseStatus,
      },
      dependencies,
      {
        synced: () => {
          this.#listed();
          this.#changed();
        },
        changed: (key, view) => {
          const name = key.slice(options.namespace.length + 1);
          if (view === undefined) this.#gone(name);
          // What is to be there is.
          else if (this.#true.has(name)) return;
          this.#changed();
        },
      },
    );
  }

  start(): void {
    this.#existing.start();
  }

  stop(): void {
    this.#existing.stop();
    this.#wake?.();
  }

  /** The objects of an earlier process are known, so that what is missing can be told from what is not known yet. */
  get synced(): boolean {
    return this.#existing.synced;
  }

  explain(): Explanation {
    return this.#existing.explain();
  }

  refresh(): void {
    this.#existing.refresh();
  }

  /** Objects of this node that exist. */
  get count(): number {
    return this.#existing.objects.size;
  }

  /** The apiserver shows that this node announces the Service. */
  has(service: ServiceView): boolean {
    return this.#existing.objects.has(objectKey(this.#options.namespace, this.#nameOf(service)));
  }

  /** Names of objects that another node keeps replacing. */
  get contended(): readonly string[] {
    return this.#contention.contended();
  }

  /** Speakers that did not hear each other, and so both owned addresses, do now. */
  membersMet(): void {
    this.#contention.forgiveAll();
    this.#changed();
  }

  /** `shown`: what is true now; the same array: nothing changed in it. `node`: the objects go when it goes. */
  update(shown: readonly Shown[], node: SpeakerNode): void {
    if (this.#updated?.shown === shown && this.#updated.node === node) return;
    this.#updated = { shown, node };
    const objects = shown.flatMap(this.#kind.statusesOf).map((status) => this.#objectOf(status, node));
    const before = this.#true;
    this.#true = new Set(objects.map(({ name }) => name));
    this.#yield(before.difference(this.#true));
    const waitsMs = this.#deleteSilent();
    for (const object of objects) {
      const heldForMs = this.#contention.heldForMs(object.name);
      if (heldForMs > 0) waitsMs.push(heldForMs);
      else this.#dependencies.objects.set(object);
    }
    this.#wake?.();
    this.#wake =
      waitsMs.length === 0 ? undefined : this.#dependencies.clock.after(Math.min(...waitsMs), () => this.#changed());
  }

  /** Deletes what has not been true for long enough; tells in how many milliseconds to look at the rest again. */
  #deleteSilent(): number[] {
    const nowMs = this.#dependencies.clock.nowMs();
    const silent = [...this.#existing.objects.values()].filter(({ name }) => !this.#true.has(name));
    const sinceMs = new Map(silent.map(({ name }) => [name, this.#silentSinceMs.get(name) ?? nowMs]));
    this.#silentSinceMs = sinceMs;
    return silent.flatMap((object) => {
      const { name, uid } = object;
      const leftMs = (sinceMs.get(name) ?? nowMs) + silenceMs - nowMs;
      if (leftMs > 0 && !this.#isOver(object)) return [leftMs];
      this.#dependencies.objects.delete(...this.#target(name), uid);
      return [];
    });
  }

  /** The Service is gone or has no address any more: nothing is to be waited for. */
  #isOver({ name, service: key }: StatusView): boolean {
    const service = this.#dependencies.snapshot.service(key);
    return service === undefined || !name.startsWith(this.#nameOf(service)) || addressesOf(service).size === 0;
  }

  /** They are another node's now. What could not be made while it was true would replace the next owner's when it can. */
  #yield(names: ReadonlySet<string>): void {
    for (const name of names) {
      this.#contention.forgive(name);
      if (!this.#isThere(name)) this.#dependencies.objects.abandon(...this.#target(name));
    }
  }

  #isThere(name: string): boolean {
    return this.#existing.resourceVersion(objectKey(this.#options.namespace, name)) !== undefined;
  }

  #target(name: string): readonly [Resource, string, string] {
    return [this.#kind.resource, this.#options.namespace, name];
  }

  /** What came and went while nothing was watched was never seen, and would be believed to be there. */
  #listed(): void {
    for (const name of this.#true) if (!this.#isThere(name)) this.#dependencies.objects.forget(...this.#target(name));
  }

  #gone(name: string): void {
    this.#dependencies.objects.forget(...this.#target(name));
    if (this.#true.has(name)) this.#contention.lost(name);
  }

  #nameOf(service: ServiceView): string {
    const known = this.#names.get(service);
    if (known !== undefined) return known;
    const name = this.#kind.nameOf(hexDigits(this.#dependencies.sha256(service.uid), 16));
    this.#names.set(service, name);
    return name;
  }

  #objectOf({ service, part, fields }: ServiceStatus, node: SpeakerNode): DesiredStatusObject {
    const whole = this.#nameOf(service);
    return {
      resource: this.#kind.resource,
      namespace: this.#options.namespace,
      name: part === undefined ? whole : `${whole}-${hexDigits(this.#dependencies.sha256(part), 8)}`,
      labels: {
        [nodeLabel]: node.name,
        [serviceNameLabel]: service.name,
        [serviceNamespaceLabel]: service.namespace,
      },
      ownerReferences: [ownerReference(node)],
      immutable: ['node', 'serviceName', 'serviceNamespace'],
      status: { node: node.name, serviceName: service.name, serviceNamespace: service.namespace, ...fields },
    };
  }
}

function parseStatus(object: unknown): Parsed<StatusView> {
  return parseView(object, (meta, metadata) => {
    const labels = textMap(metadata, 'labels');
    return { ...meta, service: objectKey(labels[serviceNamespaceLabel] ?? '', labels[serviceNameLabel] ?? '') };
  });
}
