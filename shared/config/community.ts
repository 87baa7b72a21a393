// Names for BGP communities, and which values are communities (RFC 1997, RFC 8092).
import type { CommunitySpec } from '../api/community.ts';
import type { Meta } from '../kube/objects/view.ts';
import { compareAge } from './age.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { errorIn, problemOf, type Fault, type Parsed, type Problem } from './problem.ts';
import { quoted } from './problem-text.ts';

export interface CommunityAliases extends Meta {
  /** Each with its place in the object. */
  readonly aliases: readonly { readonly name: string; readonly value: string; readonly field: string }[];
}

export type CommunityValue =
  /** AS number in the upper, value in the lower 16 bits. */
  | { readonly kind: 'standard'; readonly community: number }
  | {
      readonly kind: 'large';
      readonly globalAdministrator: number;
      readonly localData1: number;
      readonly localData2: number;
    };

const standard = { sections: 2, digits: /^[0-9]{1,5}$/, largest: 65_535 };
const large = { sections: 3, digits: /^[0-9]{1,10}$/, largest: 4_294_967_295 };

/** Reads `64512:100` or `large:64512:100:200`; undefined for anything else. */
export function parseCommunityValue(text: string): CommunityValue | undefined {
  const isLarge = text.startsWith('large:');
  const form = isLarge ? large : standard;
  const sections = (isLarge ? text.slice('large:'.length) : text).split(':', 4);
  const fits = (section: string): boolean => form.digits.test(section) && Number(section) <= form.largest;
  if (sections.length !== form.sections || !sections.every(fits)) return undefined;
  const [first = 0, second = 0, third = 0] = sections.map(Number);
  return isLarge
    ? { kind: 'large', globalAdministrator: first, localData1: second, localData2: third }
    : { kind: 'standard', community: first * 65_536 + second };
}

/** What each name stands for; of a name that is defined twice the older object's value counts. */
export function communityValues(objects: readonly CommunityAliases[]): ReadonlyMap<string, CommunityValue> {
  const values = new Map<string, CommunityValue>();
  for (const { aliases } of objects.toSorted(compareAge)) {
    for (const { name, value } of aliases) {
      const parsed = parseCommunityValue(value);
      if (parsed !== undefined && !values.has(name)) values.set(name, parsed);
    }
  }
  return values;
}

export function parseCommunity(object: ConfigObject<CommunitySpec>): Parsed<CommunityAliases | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const { spec } = object;
  const entries = (spec.communities ?? []).map((alias, index) => ({ ...alias, field: `spec.communities[${index}]` }));
  const faults = entries
    .filter(({ value }) => parseCommunityValue(value) === undefined)
    .map(({ value, field }): Fault => errorIn(`${field}.value`, 'InvalidCommunity', communityMessage(value)));
  return { value: { ...metaOf(object), aliases: entries }, faults };
}

export function communityMessage(value: string): string {
  return `invalid community value: ${quoted(value)} is none, expected 64512:100 or large:64512:100:200`;
}

/** A name defined twice: the older object's value counts. */
export function communityConflicts(objects: readonly CommunityAliases[]): readonly Problem[] {
  const definedBy = new Map<string, string>();
  const problems: Problem[] = [];
  for (const object of objects.toSorted(compareAge)) {
    for (const { name, field } of object.aliases) {
      const other = definedBy.get(name);
      definedBy.set(name, other ?? object.name);
      if (other === undefined) continue;
      const message = `duplicate definition of community ${quoted(name)}: that of the Community "${other}" counts, remove one`;
      problems.push(problemOf('Community', object, errorIn(`${field}.name`, 'DuplicateCommunity', message)));
    }
  }
  return problems;
}
