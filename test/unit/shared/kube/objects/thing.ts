// A kind for tests of what handles any kind: a thing has a colour, and the rest of it does not matter.
import { child, text } from '#shared/kube/objects/fields.ts';
import type { Resource, Selection } from '#shared/kube/kube-api.ts';
import { parseView, type Meta, type ObjectKey, type Parsed } from '#shared/kube/objects/view.ts';
import { raw } from './raw.ts';

export const things: Resource = { group: 'test.dev', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
export const allThings: Selection = { resource: things, namespace: 'web' };

export interface ThingView extends Meta {
  readonly colour: string;
}

export function parseThing(object: unknown): Parsed<ThingView> {
  return parseView(object, (meta, _metadata, whole) => ({
    ...meta,
    colour: text(child(whole, 'spec'), 'colour') ?? 'none',
  }));
}

export function thing(name: string, resourceVersion: number | string, colour: unknown = 'red'): object {
  return raw(name, { metadata: { resourceVersion: String(resourceVersion) }, spec: { colour } });
}

export function thingKey(name: string): ObjectKey {
  return `web/${name}` as ObjectKey;
}

export function bookmark(resourceVersion: number | string): object {
  return { kind: 'Thing', metadata: { resourceVersion: String(resourceVersion) } };
}

/** After it a streaming list is complete. */
export function initialEventsEnd(resourceVersion: number | string): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { kind: 'Thing', metadata: { resourceVersion: String(resourceVersion), annotations } };
}

export function statusObject(code: number, reason: string, retryAfterSeconds?: number): object {
  return {
    kind: 'Status',
    status: 'Failure',
    code,
    reason,
    message: `${reason}!`,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  };
}
