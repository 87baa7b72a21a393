// ServiceL2Status: which node announces a Service on the LAN. Written by the speaker of that node.
import { metallbResource, type Definition } from './definition.ts';
import { list, object, text, type Of } from './schema.ts';
import { serviceStatusFields } from './service-status.ts';

export const serviceL2Statuses = metallbResource('v1beta1', 'servicel2statuses', 'ServiceL2Status');

const serviceL2StatusStatus = object(
  {
    ...serviceStatusFields,
    interfaces: list(object({ name: text({ description: 'Name of the interface.', maxLength: 15 }).optional() }, {}), {
      description: 'Interfaces that the Service is announced on.',
      maxItems: 64,
    }).optional(),
    ips: list(text({ maxLength: 45 }), {
      description: 'Addresses that are announced.',
      maxItems: 16,
      'x-kubernetes-list-type': 'set',
    }).optional(),
  },
  { description: 'Who announces the Service, where.' },
);

export type ServiceL2StatusStatus = Of<typeof serviceL2StatusStatus>;

export const serviceL2StatusDefinition: Definition = {
  resource: serviceL2Statuses,
  description: 'ServiceL2Status shows which node announces a Service on the LAN.',
  columns: [
    { name: 'Allocated Node', type: 'string', jsonPath: '.status.node' },
    { name: 'Service Name', type: 'string', jsonPath: '.status.serviceName' },
    { name: 'Service Namespace', type: 'string', jsonPath: '.status.serviceNamespace' },
  ],
  spec: object({}, { description: 'Not used.' }),
  specRequired: false,
  status: serviceL2StatusStatus,
};
