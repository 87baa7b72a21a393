// When several Services may hold one address: the same sharing key that is not empty, the same backends, and no port in common.
import { quoted } from '#shared/config/problem-text.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { annotationOf } from './annotations.ts';

export interface Sharing {
  /** Empty: does not share. */
  readonly key: string;
  /** Empty for externalTrafficPolicy Cluster. For Local the selector: all holders must have their endpoints on the same nodes. */
  readonly backend: string;
  /** As `TCP/80`, sorted. */
  readonly ports: readonly string[];
}

export function sharingOf(service: ServiceView): Sharing {
  return {
    key: annotationOf(service, 'allow-shared-ip'),
    backend: service.externalTrafficPolicy === 'Local' ? localBackend(service.selector) : '',
    ports: [...new Set(service.ports.map(({ protocol, port }) => `${protocol}/${port}`))].toSorted(),
  };
}

/** Why an address whose holder has no sharing key is not shared. */
export const notShared = 'existing service does not allow sharing';

/** Why the keys and backends of two Services do not allow them to share; ports are another question. */
export function sharingMismatch(own: Sharing, existing: Sharing): string | undefined {
  if (own.key !== existing.key) {
    return `sharing key ${quoted(own.key)} does not match existing sharing key ${quoted(existing.key)}`;
  }
  if (own.backend === existing.backend) return undefined;
  return `backend key ${quoted(own.backend)} does not match existing backend key ${quoted(existing.backend)}`;
}

function localBackend(selector: ServiceView['selector']): string {
  const pairs = Object.entries(selector).map(([name, value]) => `${name}=${value}`);
  return `Local:${pairs.toSorted().join()}`;
}
