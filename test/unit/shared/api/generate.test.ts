import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { crdFiles, staleFiles, writeFiles } from '#shared/api/generate.ts';

const checkedIn = join(import.meta.dirname, '../../../../crds');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crds-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('the definitions in the tree are those of the schemas', () => {
  expect(staleFiles(checkedIn, crdFiles())).toEqual([]);
});

test('every kind has its file', () => {
  expect([...crdFiles().keys()].toSorted()).toEqual([
    'metallb.io-bfdprofiles.yaml',
    'metallb.io-bgpadvertisements.yaml',
    'metallb.io-bgppeers.yaml',
    'metallb.io-communities.yaml',
    'metallb.io-configurationstates.yaml',
    'metallb.io-ipaddresspools.yaml',
    'metallb.io-l2advertisements.yaml',
    'metallb.io-servicebgpstatuses.yaml',
    'metallb.io-servicel2statuses.yaml',
  ]);
});

test('a file that differs, is missing or is not expected is stale', () => {
  const files = new Map([
    ['a.yaml', 'a'],
    ['b.yaml', 'b'],
    ['c.yaml', 'c'],
  ]);
  writeFiles(directory, files);
  expect(staleFiles(directory, files)).toEqual([]);
  writeFileSync(join(directory, 'a.yaml'), 'changed');
  rmSync(join(directory, 'b.yaml'));
  writeFileSync(join(directory, 'd.yaml'), 'd');
  expect(staleFiles(directory, files)).toEqual(['a.yaml', 'b.yaml', 'd.yaml']);
});

test('writing makes the directory as expected', () => {
  writeFileSync(join(directory, 'old.yaml'), 'old');
  writeFiles(directory, new Map([['a.yaml', 'a']]));
  expect(readdirSync(directory)).toEqual(['a.yaml']);
  expect(readFileSync(join(directory, 'a.yaml'), 'utf8')).toBe('a');
});
