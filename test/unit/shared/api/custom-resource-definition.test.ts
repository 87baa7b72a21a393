import { expect, test } from 'vitest';
import { customResourceDefinition } from '#shared/api/custom-resource-definition.ts';
import { metallbResource, type Definition } from '#shared/api/definition.ts';
import { kinds } from '#shared/api/kinds.ts';
import { flag, integer, object, text } from '#shared/api/schema.ts';
import { selector } from '#shared/api/selector.ts';

const definition: Definition = {
  resource: metallbResource('v1', 'things', 'Thing'),
  description: 'A thing.',
  columns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size', priority: 1 }],
  spec: object(
    {
      size: integer('int32', { description: 'How big.', minimum: 1 }),
      named: flag('Has a name.').default(true),
      of: selector.optional(),
    },
    { description: 'The thing.', 'x-kubernetes-validations': [{ rule: 'self.size > 1', message: 'too small' }] },
  ),
  specRequired: true,
  status: object({ at: text({ format: 'date-time' }).optional() }, {}),
};

test('a definition becomes a manifest with a structural schema', () => {
  const manifest = customResourceDefinition(definition);
  expect(manifest).toMatchObject({
    metadata: { name: 'things.metallb.io' },
    spec: {
      group: 'metallb.io',
      names: { kind: 'Thing', listKind: 'ThingList', plural: 'things', singular: 'thing' },
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      versions: [
        {
          name: 'v1',
          additionalPrinterColumns: definition.columns,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              required: ['spec'],
              properties: {
                spec: {
                  type: 'object',
                  description: 'The thing.',
                  required: ['size'],
                  properties: {
                    size: { type: 'integer', format: 'int32', minimum: 1, description: 'How big.' },
                    named: { type: 'boolean', default: true },
                    of: {
                      'x-kubernetes-map-type': 'atomic',
                      properties: { matchLabels: { additionalProperties: { type: 'string', maxLength: 63 } } },
                    },
                  },
                  'x-kubernetes-validations': [{ rule: 'self.size > 1', message: 'too small' }],
                },
                status: { type: 'object', properties: { at: { type: 'string', format: 'date-time' } } },
              },
            },
          },
        },
      ],
    },
  });
});

/** Every value that stands under this keyword anywhere in a schema. Names of fields are no keywords. */
function keywords(schema: unknown, found: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [keyword, value] of Object.entries(schema)) {
    found.add(keyword);
    if (keyword === 'properties') for (const field of Object.values(value as object)) keywords(field, found);
    else if (keyword === 'items' || keyword === 'additionalProperties') keywords(value, found);
  }
  return found;
}

const structuralKeywords = new Set(
  [
    'type description properties required items additionalProperties default enum format pattern',
    'minLength maxLength minimum maximum minItems maxItems maxProperties',
    'x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type x-kubernetes-validations',
  ].flatMap((line) => line.split(' ')),
);

test.each(kinds.map((kind) => [kind.resource.kind, kind] as const))('%s uses structural keywords only', (_, kind) => {
  const { spec } = customResourceDefinition(kind) as { spec: { versions: { schema: { openAPIV3Schema: unknown } }[] } };
  const used = keywords(spec.versions[0]?.schema.openAPIV3Schema);
  expect([...used].filter((keyword) => !structuralKeywords.has(keyword))).toEqual([]);
});
