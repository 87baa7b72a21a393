// Condition (meta/v1) as the status of the custom resources embeds it.
import { z } from 'zod';
import { integer, list, object, text, type Of } from './schema.ts';

export const longestConditionMessage = 32_768;

const condition = object(
  {
    type: text({
      description: 'What the condition is about, in CamelCase or as domain/CamelCase.',
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
    status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it holds.' }),
    reason: text({
      description: 'Why, for programs.',
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text({ description: 'Why, for people.', maxLength: longestConditionMessage }),
    lastTransitionTime: text({ description: 'When the status last changed.', format: 'date-time' }),
    observedGeneration: integer('int64', {
      description: 'The metadata.generation that the condition was judged on.',
      minimum: 0,
    }).optional(),
  },
  {},
);

export type Condition = Of<typeof condition>;

/** One condition a type. */
export function conditions(maxItems: number): z.ZodArray<typeof condition> {
  return list(condition, {
    description: 'What holds for this object now.',
    maxItems,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });
}
