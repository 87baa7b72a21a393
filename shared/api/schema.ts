// Building blocks of the custom resources' schemas. A zod type says the structure: it is checked at run time, gives the TypeScript type and the
// OpenAPI type. Keywords (bounds, list types, CEL rules) are metadata that only the apiserver enforces: a stored object above a bound that
// was lowered later, or never applied, must stay readable.
import { z } from 'zod';

/** One entry of x-kubernetes-validations (CEL, KEP-2876). */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** OpenAPI v3 keywords of a structural schema (KEP: apiextensions.k8s.io/v1 JSONSchemaProps). */
interface Keywords {
  readonly description?: string;
  readonly format?: 'date-time';
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

/** The value of a schema, as the programs see it: read, never changed. */
export type Of<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

type DeepReadonly<Value> = Value extends object ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> } : Value;

export function text(keywords: Keywords): z.ZodString {
  return z.string().meta({ ...keywords });
}

export function flag(description: string): z.ZodBoolean {
  return z.boolean().meta({ description });
}

/** JSON has one number type; int64 values above 2^53 arrive rounded and are still numbers. */
export function integer(format: 'int32' | 'int64', keywords: Keywords): z.ZodNumber {
  return z.number().meta({ type: 'integer', format, ...keywords });
}

export function list<Item extends z.ZodType>(item: Item, keywords: Keywords): z.ZodArray<Item> {
  return z.array(item).meta({ ...keywords });
}

export function object<Fields extends z.ZodRawShape>(fields: Fields, keywords: Keywords): z.ZodObject<Fields> {
  return z.object(fields).meta({ ...keywords });
}

/** Names of other objects; the apiserver refuses duplicates. */
export function names(maxItems: number, description: string, maxLength = 253): z.ZodArray<z.ZodString> {
  return list(text({ minLength: 1, maxLength }), { description, maxItems, 'x-kubernetes-list-type': 'set' });
}
