// LabelSelector (meta/v1) as the configuration kinds embed it. Whether keys and values are legal labels is checked by the programs: in CEL it
// exceeds the cost budget.
import { z } from 'zod';
import { list, object, text, type Of } from './schema.ts';

const expression = object(
  {
    key: text({ description: 'The label key that the expression applies to.', minLength: 1, maxLength: 317 }),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).meta({
      description: "How the label's value relates to the values.",
    }),
    values: list(text({ maxLength: 63 }), {
      description: 'Needed for In and NotIn, forbidden for Exists and DoesNotExist.',
      maxItems: 128,
      'x-kubernetes-list-type': 'atomic',
    }).optional(),
  },
  {
    'x-kubernetes-validations': [
      {
        rule: "self.operator in ['In','NotIn'] ? has(self.values) && self.values.size() > 0 : !has(self.values) || self.values.size() == 0",
        message: 'values must be given for In and NotIn, and only for these',
      },
    ],
  },
);

export const selector = object(
  {
    matchLabels: z
      .record(z.string(), text({ maxLength: 63 }))
      .meta({ description: 'Labels that must all be there with these values.', maxProperties: 64 })
      .optional(),
    matchExpressions: list(expression, {
      description: 'Expressions that must all hold.',
      maxItems: 32,
      'x-kubernetes-list-type': 'atomic',
    }).optional(),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

export type Selector = Of<typeof selector>;

/** Alternatives: one that matches is enough. */
export function selectors(description: string): z.ZodArray<typeof selector> {
  return list(selector, { description, maxItems: 32 });
}
