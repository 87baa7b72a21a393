// CustomResourceDefinition (apiextensions.k8s.io/v1) of a kind, with a structural schema (KEP-1693) made from its zod schemas.
import { z } from 'zod';
import type { Definition } from './definition.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The manifest as plain data; equal definitions give equal data in the same order. */
export function customResourceDefinition(definition: Definition): object {
  const { resource, columns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource.plural}.${resource.group}` },
    spec: {
      group: resource.group,
      names: {
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        plural: resource.plural,
        singular: resource.kind.toLowerCase(),
      },
      scope: 'Namespaced',
      // Said outright: applied over a definition with a conversion webhook, silence would leave the webhook in force.
      conversion: { strategy: 'None' },
      versions: [
        {
          name: resource.version,
          served: true,
          storage: true,
          ...(columns.length > 0 && { additionalPrinterColumns: columns }),
          schema: { openAPIV3Schema: objectSchema(definition) },
          subresources: { status: {} },
        },
      ],
    },
  };
}

function objectSchema({ description, spec, specRequired, status }: Definition): Schema {
  return {
    description,
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structural(spec),
      status: structural(status),
    },
    ...(specRequired && { required: ['spec'] }),
  };
}

/** As input: a field with a default may be left out, and fields that the schema does not know are pruned instead of refused. */
function structural(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ jsonSchema }) => {
      // Structural schemas know no propertyNames, and `properties` beside nothing but itself says nothing.
      delete jsonSchema.propertyNames;
      if (Object.keys(jsonSchema.properties ?? { some: true }).length === 0) delete jsonSchema.properties;
    },
  });
}
