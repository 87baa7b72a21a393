// Structural schemas of custom resources (apiextensions.k8s.io/v1), as the CRDs that Ingot installs have them: unknown fields are pruned, absent
// ones defaulted, bounds checked. Of the CEL rules only immutability is played.
import { isDeepStrictEqual } from 'node:util';
import { fieldsOf, isFields, listOf } from './object.ts';

export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** Without what the schema does not know and without nulls, and with its defaults. */
export function completed(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => completed(items, item));
  }
  const { properties } = schema;
  if (!isFields(value) || properties === undefined) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined;
    const found = given ?? field.default;
    if (found !== undefined) kept[name] = completed(field, found);
  }
  return kept;
}

/** What is wrong, as `status.ips[1]: Duplicate value`. What did not change is not looked at (KEP-4008). */
export function problemsOf(schema: Schema, value: unknown, before: unknown, path: string): readonly string[] {
  if (before !== undefined && isDeepStrictEqual(value, before)) return [];
  const isImmutable = schema['x-kubernetes-validations']?.some(({ rule }) => rule === 'self == oldSelf') === true;
  if (isImmutable && before !== undefined) return [`${path}: Invalid value: Value is immutable`];
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    return [`${path}: Invalid value: must be of type ${schema.type}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path}: Unsupported value`];
  if (typeof value === 'string') return textProblems(schema, value, path);
  if (typeof value === 'number') return numberProblems(schema, value, path);
  if (Array.isArray(value)) return listProblems(schema, value, listOf(before), path);
  return isFields(value) ? fieldProblems(schema, value, fieldsOf(before), path) : [];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isFields(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function textProblems({ minLength = 0, maxLength = Infinity, pattern, format }: Schema, value: string, path: string) {
  const length = Array.from(value).length;
  if (length > maxLength) return [`${path}: Too long: may not be more than ${maxLength} bytes`];
  if (length < minLength) return [`${path}: Invalid value: should be at least ${minLength} chars long`];
  const isOdd =
    (pattern !== undefined && !expression(pattern).test(value)) || (format === 'date-time' && !isTime(value));
  return isOdd ? [`${path}: Invalid value: "${value}"`] : [];
}

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  let known = expressions.get(pattern);
  if (known === undefined) expressions.set(pattern, (known = new RegExp(pattern, 'u')));
  return known;
}

function isTime(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
}

function numberProblems({ minimum = -Infinity, maximum = Infinity }: Schema, value: number, path: string) {
  if (value < minimum) return [`${path}: Invalid value: should be greater than or equal to ${minimum}`];
  return value > maximum ? [`${path}: Invalid value: should be less than or equal to ${maximum}`] : [];
}

function listProblems(schema: Schema, value: readonly unknown[], before: readonly unknown[], path: string) {
  const { minItems = 0, maxItems = Infinity, items = {} } = schema;
  if (value.length > maxItems) return [`${path}: Too many: ${value.length}: must have at most ${maxItems} items`];
  if (value.length < minItems) return [`${path}: Invalid value: should have at least ${minItems} items`];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const isMap = schema['x-kubernetes-list-type'] === 'map';
  const keyOf = (item: unknown): string => JSON.stringify(isMap ? keys.map((key) => fieldsOf(item)[key]) : item);
  const isUnique = isMap || schema['x-kubernetes-list-type'] === 'set';
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const at = `${path}[${index}]`;
    const key = keyOf(item);
    if (isUnique && seen.has(key)) return [`${at}: Duplicate value: ${key}`];
    seen.add(key);
    const counterpart = isUnique ? before.find((old) => keyOf(old) === key) : undefined;
    return problemsOf(items, item, counterpart, at);
  });
}

function fieldProblems(
  { properties = {}, required = [], additionalProperties }: Schema,
  value: Readonly<Record<string, unknown>>,
  before: Readonly<Record<string, unknown>>,
  path: string,
): readonly string[] {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const missing = required.filter((name) => value[name] === undefined).map((name) => `${at(name)}: Required value`);
  const others = typeof additionalProperties === 'object' ? additionalProperties : {};
  const wrong = Object.entries(value).flatMap(([name, field]) =>
    problemsOf(properties[name] ?? others, field, before[name], at(name)),
  );
  return [...missing, ...wrong];
}
