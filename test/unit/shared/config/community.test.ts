import { expect, test } from 'vitest';
import { parseConfiguration, type ConfigurationObjects } from '#shared/config/configuration.ts';
import { bgpAdvertisement, brief, byKey, community } from './objects.ts';

function named(name: string, value: string): object {
  return { communities: [{ name, value }] };
}

function problems(objects: ConfigurationObjects): readonly string[] {
  return parseConfiguration(objects, undefined).problems.map(brief);
}

test('a community defined twice: the older object counts', () => {
  const communities = byKey(community('a', named('c', '1:2'), { created: 1 }), community('b', named('c', '1:3')));
  const [problem] = parseConfiguration({ communities }, undefined).problems;
  expect(problem).toMatchObject({
    object: { kind: 'Community', name: 'a' },
    field: 'spec.communities[0].name',
    message: expect.stringMatching(/^duplicate definition of community "c".*"b" counts/),
    severity: 'error',
  });
});

test.each(['alias', '1:65536', '65536:1', 'large:1:2', 'large:1:2:4294967296', '1:2:3', '1:', ':', ''])(
  'the value %j is wrong',
  (value) => {
    expect(problems({ communities: byKey(community('a', named('c', value))) })).toEqual([
      'error Community a spec.communities[0].value InvalidCommunity',
    ]);
  },
);

test.each(['0:0', '65535:65535', 'large:0:0:4294967295'])('the value %j is right', (value) => {
  expect(problems({ communities: byKey(community('a', named('c', value))) })).toEqual([]);
});

test('the values of an advertisement are checked too', () => {
  const bgpAdvertisements = byKey(bgpAdvertisement('a', { communities: ['1:2:3'] }));
  expect(problems({ bgpAdvertisements })).toEqual(['error BGPAdvertisement a spec.communities[0] InvalidCommunity']);
});
