import { expect, test } from 'vitest';
import { compileNamePatterns } from '#speaker/wire/name-patterns.ts';

test('patterns match as users mean them', () => {
  const { patterns, problems } = compileNamePatterns(['^veth.*', 'docker']);
  const excluded = (name: string): boolean => patterns.some((pattern) => pattern.test(name));
  expect(['veth1', 'xveth', 'mydocker0', 'eth0'].map(excluded)).toEqual([true, false, true, false]);
  expect(problems).toEqual([]);
});

test('what is no regular expression is a problem and excludes nothing; the others hold', () => {
  const { patterns, problems } = compileNamePatterns(['(', '^lo$']);
  expect(patterns).toHaveLength(1);
  expect(problems).toEqual([
    'announcedInterfacesToExclude: "(" is no regular expression and excludes nothing: correct it',
  ]);
});

test('too many patterns are a problem', () => {
  const { patterns, problems } = compileNamePatterns(Array.from({ length: 257 }, (_, at) => `^eth${at}$`));
  expect(patterns).toHaveLength(256);
  expect(problems).toEqual(['announcedInterfacesToExclude: only the first 256 patterns are used: join some of them']);
});
