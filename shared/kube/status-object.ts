// Custom resources that consist of a status, kept as their owner wants them: created, then patched, as a status cannot be created with its object;
// deleted by uid and created anew where an immutable field must change. An object of the name that is there already is read first.
import { deepEqual } from '../runtime/equal.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { KubeRequest, Resource } from './kube-api.ts';
import { child, fieldsOf, ifReadable, requiredText, textMap } from './objects/fields.ts';
import type { StringMap } from './objects/view.ts';
import { apiVersionOf } from './resources.ts';
import { describeError } from './status.ts';
import { backOff } from './wait.ts';
import type { WriteQueue } from './write-queue.ts';
import type { WriteOutcome } from './write.ts';

export interface DesiredStatusObject {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly labels: StringMap;
  readonly ownerReferences?: readonly object[];
  /** Fields of the status that may not change: another value means another object. */
  readonly immutable: readonly string[];
  readonly status: Status;
}

type Status = Readonly<Record<string, unknown>>;

/** The object that the apiserver has. */
interface Known {
  readonly uid: string;
  readonly labels: StringMap;
  readonly status: Status;
}

interface Entry {
  readonly key: string;
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  desired: DesiredStatusObject | undefined;
  /** Is to be deleted, if nothing is desired. */
  doomedUid: string | undefined;
  known: Known | undefined;
  written: DesiredStatusObject | undefined;
  /** `sent`: an answer will come; `stuck`: the queue holds it back and tries again. */
  activity: 'idle' | 'sent' | 'stuck' | 'waiting';
  /** Objects of this name found in the way, in a row. */
  rounds: number;
}

interface Dependencies {
  readonly queue: WriteQueue;
  readonly clock: Clock;
  readonly log: Log;
}

export class StatusObjects {
  readonly #dependencies: Dependencies;
  readonly #entries = new Map<string, Entry>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Brings the object to this. What was reached already is not written again. */
  set(object: DesiredStatusObject): void {
    const entry = this.#entry(object.resource, object.namespace, object.name);
    const same = deepEqual(entry.desired, object);
    entry.desired = object;
    if (same && entry.activity !== 'idle') return;
    this.#advance(entry);
  }

  /** Deletes exactly this object: a later one of the same name, another node's, is left alone. */
  delete(resource: Resource, namespace: string, name: string, uid: string): void {
    const entry = this.#entry(resource, namespace, name);
    entry.desired = undefined;
    entry.doomedUid = uid;
    this.#advance(entry);
  }

  /** Is not to be made or changed any more; what is there stays. */
  abandon(resource: Resource, namespace: string, name: string): void {
    const entry = this.#entries.get(keyOf(resource, namespace, name));
    if (entry === undefined) return;
    entry.desired = undefined;
    this.#advance(entry);
  }

  /** The watch says that the object is not there, or not as it was set: the next `set` starts anew. */
  forget(resource: Resource, namespace: string, name: string): void {
    const entry = this.#entries.get(keyOf(resource, namespace, name));
    if (entry === undefined) return;
    entry.written = undefined;
    entry.known = undefined;
  }

  #entry(resource: Resource, namespace: string, name: string): Entry {
    const key = keyOf(resource, namespace, name);
    const entry: Entry = this.#entries.get(key) ?? {
      key,
      resource,
      namespace,
      name,
      desired: undefined,
      doomedUid: undefined,
      known: undefined,
      written: undefined,
      activity: 'idle',
      rounds: 0,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** The next request towards what is desired. */
  #advance(entry: Entry): void {
    // The answer to what is in flight, or the end of the pause, comes here again.
    if (entry.activity === 'sent' || entry.activity === 'waiting') return;
    const { desired, known } = entry;
    if (desired === undefined) return this.#remove(entry);
    if (known === undefined) return this.#create(entry, desired);
    if (!keepsIdentity(known, desired)) return this.#replace(entry, known);
    if (!deepEqual(entry.written, desired)) return this.#patch(entry, desired, known);
    entry.activity = 'idle';
  }

  #remove(entry: Entry): void {
    const { resource, namespace, name, doomedUid: uid } = entry;
    // What was still in flight when it was removed: another one may have its place.
    if (this.#entries.get(entry.key) !== entry) return;
    if (uid === undefined) {
      this.#entries.delete(entry.key);
      return this.#dependencies.queue.remove(entry.key);
    }
    this.#send(entry, { verb: 'delete', resource, namespace, name, uid }, () => {
      entry.doomedUid = undefined;
      entry.known = undefined;
      entry.written = undefined;
    });
  }

  #create(entry: Entry, desired: DesiredStatusObject): void {
    const { resource, namespace, name, labels, ownerReferences } = desired;
    const metadata = { namespace, name, labels, ...(ownerReferences === undefined ? {} : { ownerReferences }) };
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
    this.#send(entry, { verb: 'create', resource, namespace, body }, (outcome) => {
      if (outcome.kind === 'written') entry.known = readKnown(outcome.body);
      else if (outcome.kind === 'gone') this.#pause(entry);
      else this.#read(entry);
    });
  }

  /** Something of that name is in the way. */
  #read(entry: Entry): void {
    const { resource, namespace, name } = entry;
    this.#send(entry, { verb: 'get', resource, namespace, name }, (outcome) => {
      entry.known = outcome.kind === 'written' ? readKnown(outcome.body) : undefined;
      // An object that is being deleted stays in the way until its finalizers are gone.
      if (entry.rounds > 0) this.#pause(entry);
      else entry.rounds = 1;
    });
  }

  #replace(entry: Entry, { uid }: Known): void {
    const { resource, namespace, name } = entry;
    this.#send(entry, { verb: 'delete', resource, namespace, name, uid }, () => {
      entry.known = undefined;
      entry.written = undefined;
    });
  }

  #patch(entry: Entry, desired: DesiredStatusObject, known: Known): void {
    const { resource, namespace, name, status } = desired;
    // A merge patch keeps what it does not name.
    const removed = Object.keys(known.status).filter((field) => !Object.hasOwn(status, field));
    const body = { status: { ...Object.fromEntries(removed.map((field) => [field, null])), ...status } };
    const request: KubeRequest = {
      verb: 'patch',
      patch: 'merge',
      subresource: 'status',
      resource,
      namespace,
      name,
      body,
    };
    this.#send(entry, request, (outcome) => {
      if (outcome.kind !== 'written') {
        entry.known = undefined;
        return;
      }
      entry.known = { ...known, status };
      entry.written = desired;
      entry.rounds = 0;
    });
  }

  /** `ended` gets `written`, `gone` or `conflict`; then it goes on. */
  #send(entry: Entry, request: KubeRequest, ended: (outcome: WriteOutcome) => void): void {
    entry.activity = 'sent';
    this.#dependencies.queue.add({
      key: entry.key,
      priority: 'status',
      request,
      settled: (outcome) => this.#settled(entry, outcome, ended),
    });
  }

  #settled(entry: Entry, outcome: WriteOutcome, ended: (outcome: WriteOutcome) => void): void {
    switch (outcome.kind) {
      case 'written':
      case 'gone':
      case 'conflict':
        entry.activity = 'idle';
        ended(outcome);
        return this.#advance(entry);
      case 'dropped':
        // Replaced by its own successor, or not to be written at all.
        if (!this.#dependencies.queue.has(entry.key)) entry.activity = 'idle';
        return;
      case 'refused':
      case 'unknown': {
        const { error } = outcome;
        if (!this.#dependencies.queue.has(entry.key)) return this.#settled(entry, { kind: 'conflict' }, ended);
        this.#dependencies.log.warn({ object: entry.key, error: describeError(error) }, 'a status cannot be written');
        entry.activity = 'stuck';
      }
    }
  }

  #pause(entry: Entry): void {
    entry.activity = 'waiting';
    this.#dependencies.clock.after(backOff(entry.rounds++).toMs, () => {
      entry.activity = 'idle';
      this.#advance(entry);
    });
  }
}

function keyOf({ plural }: Resource, namespace: string, name: string): string {
  return `${plural}/${namespace}/${name}`;
}

/** A field that has no value yet may get any. What has other labels was made by somebody else, who has not filled it in yet. */
function keepsIdentity({ labels, status }: Known, desired: DesiredStatusObject): boolean {
  const isOurs = Object.entries(desired.labels).every(([label, value]) => labels[label] === value);
  const keeps = (field: string): boolean =>
    status[field] === undefined || deepEqual(status[field], desired.status[field]);
  return isOurs && desired.immutable.every(keeps);
}

function readKnown(body: unknown): Known | undefined {
  return ifReadable(() => {
    const whole = fieldsOf(body, '');
    const metadata = child(whole, 'metadata');
    const labels = textMap(metadata, 'labels');
    return { uid: requiredText(metadata, 'uid'), labels, status: child(whole, 'status').values };
  });
}
