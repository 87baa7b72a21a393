// What was heard, in a form that is the same for every apiserver that behaves alike: versions and uids are named in the order in which they appear,
// times and what an apiserver adds of its own are left out.
import type { KubeAnswer, KubeError, WatchEvent } from '#shared/kube/kube-api.ts';
import { fieldsOf, isFields, listOf, type Fields } from '../object.ts';
import type { Act, Heard } from './act.ts';

const longestText = 200;

export class Transcript {
  readonly #lines: string[] = [];
  readonly #uids = new Map<unknown, string>();
  readonly #versions = new Map<unknown, string>();
  #newest = 0;

  /** A line of JSON for each act. */
  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  note(act: Act, heard: Heard): void {
    if (heard === undefined) return;
    const what = act.kind === 'ask' ? act.what : `${act.kind} ${act.name}`;
    const shown = 'kind' in heard ? this.#answer(heard) : heard.map((event) => this.#event(event));
    this.#lines.push(JSON.stringify({ what, heard: shown }, shortened));
  }

  #answer(answer: KubeAnswer): unknown {
    return answer.kind === 'failed' ? errorOf(answer.error) : this.#shown(fieldsOf(answer.body));
  }

  #event(event: WatchEvent): unknown {
    if (event.kind === 'opened') return 'opened';
    if (event.kind === 'closed') return { closed: event.error === undefined ? 'cleanly' : errorOf(event.error) };
    const object = fieldsOf(event.line?.object);
    const shown =
      object['kind'] === 'Status' ? { code: object['code'], reason: object['reason'] } : this.#shown(object);
    return { [event.line?.type ?? 'garbage']: shown };
  }

  #shown(body: Fields): unknown {
    if (body['kind'] === 'Status') return { status: body['status'] };
    const { metadata, items } = body;
    const { resourceVersion, continue: next, annotations } = fieldsOf(metadata);
    if (items === undefined) {
      const isBookmark = fieldsOf(metadata)['uid'] === undefined;
      if (!isBookmark) return this.#object(body);
      const { kind, apiVersion } = body;
      return { kind, apiVersion, version: this.#age(resourceVersion), annotations };
    }
    const list = { version: this.#age(resourceVersion), goesOn: Boolean(next) };
    return { kind: body['kind'], ...list, items: listOf(items).map((item) => this.#object(fieldsOf(item))) };
  }

  #object({
    metadata,
    spec,
    deprecatedSource: _s,
    deprecatedFirstTimestamp: _f,
    deprecatedLastTimestamp: _l,
    ...rest
  }: Fields): unknown {
    const given = fieldsOf(metadata);
    const { name, namespace, labels, annotations, generation, uid, resourceVersion } = given;
    this.#newest = Math.max(this.#newest, Number(resourceVersion));
    const version = named(this.#versions, resourceVersion, 'v');
    const shown = { name, namespace, labels, annotations, generation, uid: named(this.#uids, uid, 'u'), version };
    // What the network of a cluster decides is different in each; finalizers and phase of a Namespace are the apiserver's own.
    const isOwn = rest['kind'] === 'Namespace';
    const wish =
      isFields(spec) && spec['ports'] !== undefined
        ? { type: spec['type'], loadBalancerClass: spec['loadBalancerClass'] }
        : spec;
    return isOwn ? { kind: 'Namespace', name } : { ...rest, ...shown, spec: wish };
  }

  /** Of a list or a bookmark. */
  #age(version: unknown): string {
    return Number(version) >= this.#newest ? 'fresh' : 'old';
  }
}

function named(names: Map<unknown, string>, value: unknown, prefix: string): string {
  const name = names.get(value) ?? `${prefix}${names.size + 1}`;
  names.set(value, name);
  return name;
}

function errorOf(error: KubeError): unknown {
  if (error.kind === 'connection') return { connection: error.code };
  return { code: error.code, reason: error.reason, retryAfterMs: error.retryAfterMs };
}

function shortened(_name: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > longestText ? `${value.length} characters` : value;
}
