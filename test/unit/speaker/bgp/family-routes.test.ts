import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ip } from '#shared/net/ip.ts';
import {
  attributesOf,
  differences,
  familyRoutes,
  noRoutes,
  prefixesOf,
  withChanges,
  withoutSets,
  type FamilyRoutes,
} from '#speaker/bgp/family-routes.ts';
import { encodePrefix, type EncodedPrefix } from '#speaker/bgp/nlri.ts';
import { attributeSet, plainAttributes, type AttributeSet } from '#speaker/bgp/route-attributes.ts';

const sets = [0, 1, 2].map((multiExitDisc) => attributeSet({ ...plainAttributes, multiExitDisc }));

function prefix(index: number): EncodedPrefix {
  return encodePrefix({ ip: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` as Ip, prefixBits: 32 });
}

const set = (index: number): AttributeSet => sets[index] ?? plain;
const plain = attributeSet(plainAttributes);

function many(count: number): Map<EncodedPrefix, AttributeSet> {
  return new Map(Array.from({ length: count }, (_, index) => [prefix(index), plain]));
}

function contents(routes: FamilyRoutes): Map<EncodedPrefix, string> {
  return new Map(
    routes.chunks.flatMap(({ prefixes, sets: of }) =>
      prefixes.map((one, at) => [one, of[at]?.key ?? 'nothing'] as const),
    ),
  );
}

describe('routes of a family', () => {
  const held = fc
    .array(fc.tuple(fc.nat(1_500), fc.nat(2)), { maxLength: 1_500, size: 'max' })
    .map((all) => new Map(all.map(([index, which]) => [prefix(index), set(which)])));

  test('are what they were made of, in order, however they came to it', () => {
    fc.assert(
      fc.property(held, held, held, (first, second, third) => {
        const routes = familyRoutes(third, familyRoutes(second, familyRoutes(first)));
        const expected = new Map([...third].map(([one, { key }]) => [one, key] as const));
        expect(contents(routes)).toEqual(expected);
        expect([...prefixesOf(routes)]).toEqual([...third.keys()].toSorted());
        expect(routes.size).toBe(third.size);
        for (const [index, one] of Array.from({ length: 1_502 }, (_, at) => [at, prefix(at)] as const)) {
          expect([index, attributesOf(routes, one)?.key]).toEqual([index, third.get(one)?.key]);
        }
        const counts = Object.groupBy(third.values(), ({ key }) => key);
        expect([...routes.sets].map(([key, { prefixes }]) => [key, prefixes])).toEqual(
          Object.entries(counts).map(([key, all]) => [key, all?.length]),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('differ by what has to be said to get from one to the other', () => {
    fc.assert(
      fc.property(held, held, fc.boolean(), (first, second, related) => {
        const before = familyRoutes(first);
        const after = familyRoutes(second, related ? before : noRoutes);
        const { changed, gone } = differences(before, after);
        expect(gone).toEqual([...first.keys()].filter((one) => !second.has(one)).toSorted());
        const said = changed.flatMap(([{ key }, prefixes]) => prefixes.map((one) => [one, key] as const));
        const toSay = [...second].filter(([one, { key }]) => first.get(one)?.key !== key);
        expect(new Map(said)).toEqual(new Map(toSay.map(([one, { key }]) => [one, key])));
        for (const [, prefixes] of changed) expect(prefixes).toEqual(prefixes.toSorted());
      }),
      { numRuns: 50 },
    );
  });

  test('without some attributes are the others', () => {
    const routes = familyRoutes(many(1_000).set(prefix(7), set(1)).set(prefix(900), set(1)));
    expect(withoutSets(routes, new Set([plain.key])).size).toBe(2);
    expect(withoutSets(routes, new Set(['unknown']))).toBe(routes);
  });

  test('that are alike are the same, whoever made them', () => {
    const before = familyRoutes(many(2_000));
    expect(familyRoutes(many(2_000), before)).toBe(before);
    expect(withChanges(before, new Map([[prefix(5), attributeSet(plainAttributes)]]))).toBe(before);
    expect(withChanges(before, new Map([[prefix(9_999), undefined]]))).toBe(before);
  });

  test('share all that a change does not touch', () => {
    const before = familyRoutes(many(100_000));
    const after = withChanges(before, new Map([[prefix(50_000), set(1)]]));
    const shared = after.chunks.filter((chunk) => before.chunks.includes(chunk));
    expect(after.chunks.length - shared.length).toBe(1);
    expect(differences(before, after)).toEqual({ changed: [[set(1), [prefix(50_000)]]], gone: [] });
  });

  test('stay in chunks of bounded size', () => {
    let routes = noRoutes;
    for (let index = 0; index < 5_000; index += 50) {
      const changes = [...many(index + 50)].slice(index);
      routes = withChanges(routes, new Map(changes));
    }
    expect(Math.max(...routes.chunks.map(({ prefixes }) => prefixes.length))).toBeLessThanOrEqual(512);
    expect(routes.size).toBe(5_000);
    expect(withChanges(routes, new Map([...many(5_000).keys()].map((one) => [one, undefined])))).toEqual(noRoutes);
  });
});
