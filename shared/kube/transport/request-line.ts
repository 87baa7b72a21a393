// Requests as HTTP: method, path, query, headers, body (Kubernetes API conventions).
import type { KubeRequest, Resource, Selection, WatchRequest } from '../kube-api.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Writer {
  readonly fieldManager: string;
  readonly fieldValidation: 'Warn' | 'Strict';
}

const json = 'application/json';
const patchTypes = { strategic: 'application/strategic-merge-patch+json', merge: 'application/merge-patch+json' };

export function httpRequest(request: KubeRequest, writer: Writer): HttpRequest {
  switch (request.verb) {
    case 'list': {
      const { limit, continue: next } = request;
      const query = { ...selectors(request), limit: String(limit), ...(next === undefined ? {} : { continue: next }) };
      return {
        method: 'GET',
        path: withQuery(collection(request), query),
        headers: { accept: accept(request, 'PartialObjectMetadataList'), 'accept-encoding': 'gzip' },
      };
    }
    case 'get':
      return { method: 'GET', path: object(request), headers: { accept: json } };
    case 'create':
      return sending('POST', withQuery(collection(request), { ...writer }), request.body);
    case 'update':
      return sending('PUT', withQuery(object(request), { ...writer }), request.body);
    case 'patch': {
      const path = request.subresource === undefined ? object(request) : `${object(request)}/${request.subresource}`;
      const headers = { accept: accept(request, 'PartialObjectMetadata'), 'content-type': patchTypes[request.patch] };
      return { ...sending('PATCH', withQuery(path, { ...writer }), request.body), headers };
    }
    case 'delete': {
      const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: request.uid } };
      return sending('DELETE', object(request), options);
    }
  }
}

export function httpWatch(request: WatchRequest): HttpRequest {
  const { resourceVersion, sendInitialEvents, timeoutSeconds } = request;
  const query = {
    ...selectors(request),
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(timeoutSeconds),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(sendInitialEvents === true ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' } : {}),
  };
  return {
    method: 'GET',
    path: withQuery(collection(request), query),
    headers: { accept: accept(request, 'PartialObjectMetadata') },
  };
}

function sending(method: HttpRequest['method'], path: string, body: object): HttpRequest {
  return { method, path, headers: { accept: json, 'content-type': json }, body: JSON.stringify(body) };
}

interface Place {
  readonly resource: Resource;
  readonly namespace?: string;
}

function collection({ resource, namespace }: Place): string {
  const { group, version, plural } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

function object(target: Place & { readonly name: string }): string {
  return `${collection(target)}/${encodeURIComponent(target.name)}`;
}

function selectors({ labelSelector, fieldSelector }: Selection): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

function accept({ metadataOnly }: { readonly metadataOnly?: boolean }, kind: string): string {
  return metadataOnly === true ? `${json};as=${kind};g=meta.k8s.io;v=v1` : json;
}

function withQuery(path: string, query: Record<string, string>): string {
  return `${path}?${new URLSearchParams(query).toString()}`;
}
