// What ServiceL2Status and ServiceBGPStatus have in common: the Service and the node they are about, which never change.
import type { z } from 'zod';
import { text } from './schema.ts';

export const serviceStatusFields = {
  node: immutable('The node that announces the Service.', 253),
  serviceName: immutable('Name of the Service.', 63),
  serviceNamespace: immutable('Namespace of the Service.', 63),
};

function immutable(description: string, maxLength: number): z.ZodOptional<z.ZodString> {
  return text({
    description,
    maxLength,
    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'Value is immutable' }],
  }).optional();
}
