// LabelSelectors (meta/v1) of the configuration, compiled to predicates over labels.
import type { Selector } from '../api/selector.ts';
import type { StringMap } from '../kube/objects/view.ts';
import { isLabelKey, isLabelValue } from './label.ts';
import { errorIn, type Fault, type Parsed } from './problem.ts';
import { quoted } from './problem-text.ts';

/** True when the labels match. A list of selectors is an OR; what an empty list means is said by its owner. */
export type LabelPredicate = (labels: StringMap) => boolean;

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

const invalid = 'InvalidSelector';

/** One predicate for each selector that is legal and not a repetition of an earlier one; a fault for each other. */
export function compileSelectors(
  selectors: readonly Selector[] | undefined,
  field: string,
): Parsed<readonly LabelPredicate[]> {
  const value: LabelPredicate[] = [];
  const faults: Fault[] = [];
  const seen = new Map<string, string>();
  for (const [index, selector] of (selectors ?? []).entries()) {
    const at = `${field}[${index}]`;
    const identity = selectorIdentity(selector);
    const twin = seen.get(identity);
    seen.set(identity, twin ?? at);
    const compiled = twin === undefined ? compileSelector(selector, at) : repetition(at, twin);
    faults.push(...compiled.faults);
    if (compiled.value !== undefined) value.push(compiled.value);
  }
  return { value, faults };
}

/** No predicate when the selector is not legal. */
export function compileSelector(selector: Selector, field: string): Parsed<LabelPredicate | undefined> {
  const faults = selectorFaults(selector, field);
  if (faults.length > 0) return { value: undefined, faults };
  const all = requirements(selector).map(requirementPredicate);
  return { value: (labels) => all.every((matches) => matches(labels)), faults };
}

/** The predicate of a list of selectors of which none narrows when the list is empty. */
export function anyOf(predicates: readonly LabelPredicate[]): LabelPredicate {
  return predicates.length === 0 ? () => true : (labels) => predicates.some((matches) => matches(labels));
}

/** Equal for selectors that say the same, in whatever order and spelling. */
export function selectorIdentity(selector: Selector): string {
  const texts = requirements(selector).map(({ key, operator, values }) =>
    JSON.stringify([key, operator, ...[...new Set(values)].toSorted()]),
  );
  return [...new Set(texts)].toSorted().join();
}

function repetition(field: string, twin: string): Parsed<undefined> {
  const message = `duplicate selector: it says the same as ${twin}, remove one`;
  return { value: undefined, faults: [errorIn(field, invalid, message)] };
}

function requirements({ matchLabels = {}, matchExpressions = [] }: Selector): readonly Requirement[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]): Requirement => ({ key, operator: 'In', values: [value] })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  ];
}

function requirementPredicate({ key, operator, values }: Requirement): LabelPredicate {
  const among = new Set(values);
  const has: LabelPredicate = (labels) => Object.hasOwn(labels, key);
  const isAmong: LabelPredicate = (labels) => has(labels) && among.has(labels[key] ?? '');
  switch (operator) {
    case 'In':
      return isAmong;
    case 'NotIn':
      return (labels) => !isAmong(labels);
    case 'Exists':
      return has;
    case 'DoesNotExist':
      return (labels) => !has(labels);
  }
}

function selectorFaults({ matchLabels = {}, matchExpressions = [] }: Selector, field: string): readonly Fault[] {
  return [
    ...Object.entries(matchLabels).flatMap(([key, value]) => [
      ...keyFaults(key, `${field}.matchLabels`),
      ...valueFaults(value, `${field}.matchLabels`),
    ]),
    ...matchExpressions.flatMap(({ key, operator, values = [] }, index) => {
      const at = `${field}.matchExpressions[${index}]`;
      return [
        ...keyFaults(key, `${at}.key`),
        ...values.flatMap((value, position) => valueFaults(value, `${at}.values[${position}]`)),
        ...countFaults(operator, values.length, `${at}.values`),
      ];
    }),
  ];
}

function keyFaults(key: string, field: string): readonly Fault[] {
  if (isLabelKey(key)) return [];
  const rule = 'a name of at most 63 letters, digits, "-", "_" or ".", which may follow a DNS name and "/"';
  return [errorIn(field, invalid, `${quoted(key)} is not a label key: give ${rule}`)];
}

function valueFaults(value: string, field: string): readonly Fault[] {
  if (isLabelValue(value)) return [];
  const rule = 'at most 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit';
  return [errorIn(field, invalid, `${quoted(value)} is not a label value: give ${rule}`)];
}

function countFaults(operator: Operator, count: number, field: string): readonly Fault[] {
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues === count > 0) return [];
  return [
    errorIn(field, invalid, wantsValues ? `${operator} needs values` : `${operator} takes no values: remove them`),
  ];
}
