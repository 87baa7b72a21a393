// ConfigurationState: what one daemon makes of the configuration. Each daemon writes its own.
import { z } from 'zod';
import { conditions } from './condition.ts';
import { metallbResource, type Definition } from './definition.ts';
import { object, text, type Of } from './schema.ts';

export const configurationStates = metallbResource('v1beta1', 'configurationstates', 'ConfigurationState');

export const longestErrorSummary = 32_768;

export const configurationStateStatus = object(
  {
    result: z
      .enum(['Valid', 'Invalid', 'Unknown'])
      .meta({ description: 'Whether the configuration as this daemon sees it has errors.' })
      .optional(),
    errorSummary: text({ description: 'What is wrong, a line each.', maxLength: longestErrorSummary }).optional(),
    conditions: conditions(16).optional(),
  },
  { description: 'What the daemon makes of the configuration.' },
);

export type ConfigurationStateStatus = Of<typeof configurationStateStatus>;

export const configurationStateDefinition: Definition = {
  resource: configurationStates,
  description: 'ConfigurationState shows what one daemon makes of the configuration.',
  columns: [
    { name: 'Result', type: 'string', jsonPath: '.status.result' },
    { name: 'ErrorSummary', type: 'string', jsonPath: '.status.errorSummary' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  spec: object({}, { description: 'Not used.' }),
  specRequired: false,
  status: configurationStateStatus,
};
