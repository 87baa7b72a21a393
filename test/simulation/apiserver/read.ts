// Reads: one object by its name, and lists page by page. All pages of a list show the moment of the first one; its token ends after five
// minutes, or with the history that it needs.
import type { KubeAnswer, KubeRequest } from '#shared/kube/kube-api.ts';
import { ok, refusal, refused } from './answer.ts';
import { itemFormOf, listOf } from './form.ts';
import { keyOf, type KubeObject } from './object.ts';
import { selecting } from './selection.ts';
import type { Store } from './store.ts';

type GetRequest = Extract<KubeRequest, { verb: 'get' }>;
type ListRequest = Extract<KubeRequest, { verb: 'list' }>;

const tokenLifeMs = 300_000;

/** Where the next page begins. */
interface Token {
  readonly revision: number;
  readonly afterKey: string;
  readonly untilMs: number;
}

export function get(store: Store, request: GetRequest): KubeAnswer {
  const { resource, namespace, name } = request;
  const object = store.get(resource, namespace, name);
  return object === undefined ? refused(notFound(request)) : ok(object);
}

/** Nothing answers at the path of such a kind. */
export const noSuchKind = refusal(404, '404 page not found', { reason: '' });

export function notFound({ resource, name }: Pick<GetRequest, 'resource' | 'name'>) {
  const { plural, group } = resource;
  return refusal(404, `${plural}${group === '' ? '' : `.${group}`} "${name}" not found`);
}

export function list(store: Store, request: ListRequest, nowMs: number): KubeAnswer {
  const selects = selecting(request);
  if (typeof selects !== 'function') return refused(selects);
  const token = request.continue === undefined ? undefined : parseToken(request.continue);
  if (token !== undefined && !Number.isInteger(token.revision)) {
    return refused(refusal(400, 'continue key is not valid'));
  }
  const revision = token?.revision ?? store.revision;
  const all = store.collection(request.resource).listAt(revision);
  if (all === undefined || (token !== undefined && token.untilMs < nowMs)) {
    return refused(refusal(410, 'The provided continue parameter is too old to display a consistent list result.'));
  }
  const { page, next } = pageOf(all, selects, token?.afterKey, request.limit);
  const form = itemFormOf(request);
  const metadata = {
    resourceVersion: String(revision),
    ...(next === undefined ? {} : { continue: tokenText({ revision, afterKey: next, untilMs: nowMs + tokenLifeMs }) }),
  };
  return ok(listOf(request, metadata, page.map(form)));
}

/** A list without anything, as of that revision. */
export function emptyList(request: ListRequest, revision: number): KubeAnswer {
  return ok(listOf(request, { resourceVersion: String(revision) }, []));
}

function pageOf(
  all: readonly KubeObject[],
  selects: (object: KubeObject) => boolean,
  afterKey: string | undefined,
  limit: number,
): { readonly page: readonly KubeObject[]; readonly next: string | undefined } {
  const page: KubeObject[] = [];
  let last: string | undefined;
  for (const object of all) {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if ((afterKey !== undefined && key <= afterKey) || !selects(object)) continue;
    if (page.length === limit) return { page, next: last };
    page.push(object);
    last = key;
  }
  return { page, next: undefined };
}

function tokenText({ revision, afterKey, untilMs }: Token): string {
  return `${revision} ${untilMs} ${afterKey}`;
}

function parseToken(text: string): Token {
  const [revision = '', untilMs = '', afterKey = ''] = text.split(' ');
  return { revision: Number(revision), untilMs: Number(untilMs), afterKey };
}
