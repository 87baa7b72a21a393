import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReports, type Reporters } from '#speaker/desired/reporter.ts';
import type { NodeId } from '#speaker/segment/node-id.ts';
import { ip, nodeId } from '../views.ts';

const among = (...names: readonly string[]) => names.map((name) => ({ name, ready: true }));
const unready = (name: string) => ({ name, ready: false });
const reporterOf = (nodes: readonly { readonly name: string; readonly ready: boolean }[], id = nodeId): string[] =>
  nodes.filter(({ name }) => createReports(name, id)(ip('192.0.2.200'), nodes)).map(({ name }) => name);

// Scores of 192.0.2.200: n1 0x967d643f, n3 0x4a3cef0f, n2 0x302f87df.
describe('what concerns 192.0.2.200 is reported by', () => {
  test.each<[string, readonly { readonly name: string; readonly ready: boolean }[], readonly string[]]>([
    ['nobody without nodes', [], []],
    ['the highest score', among('n2', 'n1', 'n3'), ['n1']],
    ['the next one without it', among('n2', 'n3'), ['n3']],
    ['a Ready node first', [unready('n1'), ...among('n2')], ['n2']],
    ['somebody even if no node is Ready', [unready('n1'), unready('n2')], ['n1']],
  ])('%s', (_, nodes, reporter) => {
    expect(reporterOf(nodes)).toEqual(reporter);
    expect(reporterOf(nodes.toReversed())).toEqual(reporter);
  });
});

test('of two nodes with one score the higher id reports', () => {
  // FNV-1a gives the octets of both ids the same hash.
  const ids: Readonly<Record<string, string>> = { a: '3431653736333765', b: '3332653762353666' };
  expect(reporterOf(among('a', 'b'), (name) => ids[name] as NodeId)).toEqual(['a']);
});

test('a node that is none of them does not report', () => {
  expect(createReports('n9', nodeId)(ip('192.0.2.200'), among('n1'))).toBe(false);
});

test('exactly one of any nodes reports', () => {
  const nodes = fc.uniqueArray(
    fc.record({ name: fc.integer({ min: 1, max: 30 }).map((number) => `node-${number}`), ready: fc.boolean() }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(nodes, fc.integer({ min: 1, max: 254 }), (some, last) => {
      const reports = (name: string, order: Reporters): boolean =>
        createReports(name, nodeId)(ip(`192.0.2.${last}`), order);
      const reporters = some.filter(({ name }) => reports(name, some));
      expect(reporters).toHaveLength(1);
      expect(some.filter(({ name }) => reports(name, some.toReversed()))).toEqual(reporters);
    }),
  );
});
