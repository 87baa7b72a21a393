// What a list or a watch is narrowed to: namespace, labels (with the whole grammar), and the fields that the apiserver lets one select by.
import type { Resource, Selection } from '#shared/kube/kube-api.ts';
import { refusal, type Refusal } from './answer.ts';
import { fieldsOf, type KubeObject } from './object.ts';

export type Selects = (object: KubeObject) => boolean;

/** Beside metadata.name and metadata.namespace. */
const selectableFields: ReadonlyMap<string, readonly string[]> = new Map([
  ['services', ['spec.clusterIP', 'spec.type']],
  ['pods', ['spec.nodeName', 'spec.serviceAccountName', 'status.phase', 'status.podIP']],
  ['nodes', ['spec.unschedulable']],
  ['namespaces', ['status.phase']],
  ['secrets', ['type']],
  ['events', ['reason', 'regarding.kind', 'regarding.name', 'regarding.namespace', 'regarding.uid', 'type']],
]);

/** Answers with a refusal where the apiserver would not have it. */
export function selecting({ resource, namespace, labelSelector, fieldSelector }: Selection): Selects | Refusal {
  const conditions: Selects[] = [];
  if (namespace !== undefined) conditions.push(({ metadata }) => metadata.namespace === namespace);
  for (const requirement of split(labelSelector)) conditions.push(byLabel(requirement));
  for (const requirement of split(fieldSelector)) {
    const condition = byField(requirement, resource);
    if (typeof condition !== 'function') return condition;
    conditions.push(condition);
  }
  const [first, ...others] = conditions;
  if (first === undefined) return () => true;
  return others.length === 0 ? first : (object) => conditions.every((condition) => condition(object));
}

/** At commas outside of parentheses. */
function split(selector: string | undefined): readonly string[] {
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((requirement) => requirement.trim())
    .filter((requirement) => requirement !== '');
}

function byLabel(requirement: string): Selects {
  const [, setLabel, not, members] = /^(\S+) (not)?in ?\(([^)]*)\)$/.exec(requirement) ?? [];
  if (setLabel !== undefined) {
    const values = new Set((members ?? '').split(',').map((value) => value.trim()));
    return ({ metadata }) => values.has(metadata.labels?.[setLabel] ?? '\0') === (not === undefined);
  }
  const { path, value, isEqual } = comparison(requirement);
  if (value === undefined) {
    const isAbsent = path.startsWith('!');
    const name = isAbsent ? path.slice(1) : path;
    return ({ metadata }) => (metadata.labels?.[name] === undefined) === isAbsent;
  }
  return ({ metadata }) => (metadata.labels?.[path] === value) === isEqual;
}

function byField(requirement: string, { plural }: Resource): Selects | Refusal {
  const { path, value = '', isEqual } = comparison(requirement);
  if (path === 'metadata.name') return ({ metadata }) => (metadata.name === value) === isEqual;
  if (path === 'metadata.namespace') return ({ metadata }) => (metadata.namespace === value) === isEqual;
  if (selectableFields.get(plural)?.includes(path) !== true) {
    return refusal(400, `field label not supported: ${path}`);
  }
  const steps = path.split('.');
  return (object) => (fieldAt(object, steps) === value) === isEqual;
}

function comparison(requirement: string): { path: string; value: string | undefined; isEqual: boolean } {
  const [, path = requirement, operator, value] = /^([^=!]+)(!=|==?)(.*)$/.exec(requirement) ?? [];
  return { path: path.trim(), value: value?.trim(), isEqual: operator !== '!=' };
}

function fieldAt(object: KubeObject, steps: readonly string[]): string {
  let at: unknown = object;
  for (const step of steps) at = fieldsOf(at)[step];
  return typeof at === 'string' ? at : at === undefined ? '' : JSON.stringify(at);
}
