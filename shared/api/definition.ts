// What a custom resource is made of, beside its schema: the source of its CustomResourceDefinition.
import type { z } from 'zod';
import type { Resource } from '../kube/kube-api.ts';

/** A column of `kubectl get`. Above priority 0 it shows only with `-o wide`. */
interface Column {
  readonly name: string;
  readonly type: 'boolean' | 'date' | 'integer' | 'string';
  readonly jsonPath: string;
  readonly priority?: number;
}

export interface Definition {
  readonly resource: Resource;
  readonly description: string;
  readonly columns: readonly Column[];
  readonly spec: z.ZodObject;
  /** An object without `spec` is refused; else `spec` may be left out. */
  readonly specRequired: boolean;
  readonly status: z.ZodObject;
}

/** A namespaced kind of the group metallb.io. */
export function metallbResource(version: string, plural: string, kind: string): Resource {
  return { group: 'metallb.io', version, plural, kind, namespaced: true };
}
