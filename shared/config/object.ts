// A configuration object as it was read: plain data, so that two versions can be compared. What it means is judged later, beside the others.
import { z } from 'zod';
import type { Of } from '../api/schema.ts';
import { objectKey, type Meta, type Parsed, type StringMap } from '../kube/objects/view.ts';
import { errorIn, type Fault } from './problem.ts';

export interface ConfigMeta extends Meta {
  readonly labels: StringMap;
  readonly generation: number;
}

/** A spec whose structure is not that of its kind leaves an object with faults: it exists, but says nothing. */
export type ConfigObject<Spec> = ConfigMeta & ({ readonly spec: Spec } | { readonly faults: readonly Fault[] });

/** What identifies the object, without what it says. */
export function metaOf({ key, namespace, name, uid, createdMs }: ConfigMeta): Meta {
  return { key, namespace, name, uid, createdMs };
}

const mostFaults = 50;

const withMetadata = z.object({
  metadata: z.object({
    namespace: z.string().min(1),
    name: z.string().min(1),
    uid: z.string().min(1),
    creationTimestamp: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    generation: z.number().default(0),
  }),
  spec: z.unknown().optional(),
});

/** A parser for objects of one kind. An absent `spec` is read as an empty one. */
export function parseConfigObject<Schema extends z.ZodType>(
  schema: Schema,
): (object: unknown) => Parsed<ConfigObject<Of<Schema>>> {
  return (object) => {
    const read = withMetadata.safeParse(object);
    if (!read.success) return { problem: read.error.issues.slice(0, mostFaults).map(issueLine).join('; ') };
    const { creationTimestamp, ...metadata } = read.data.metadata;
    const createdMs = Date.parse(creationTimestamp);
    if (Number.isNaN(createdMs)) return { problem: 'metadata.creationTimestamp: no time' };
    const meta: ConfigMeta = { ...metadata, key: objectKey(metadata.namespace, metadata.name), createdMs };
    const spec = schema.safeParse(read.data.spec ?? {});
    return spec.success
      ? { view: { ...meta, spec: spec.data as Of<Schema> } }
      : { view: { ...meta, faults: spec.error.issues.slice(0, mostFaults).map(faultOf) } };
  };
}

function faultOf({ path, message }: z.core.$ZodIssue): Fault {
  return errorIn(fieldPath(['spec', ...path]), 'InvalidSpec', message);
}

function issueLine({ path, message }: z.core.$ZodIssue): string {
  return `${fieldPath(path)}: ${message}`;
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}
