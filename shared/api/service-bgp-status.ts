// ServiceBGPStatus: to which peers one node announces a Service. Written by the speaker of that node.
import { metallbResource, type Definition } from './definition.ts';
import { list, object, text, type Of } from './schema.ts';
import { serviceStatusFields } from './service-status.ts';

export const serviceBGPStatuses = metallbResource('v1beta1', 'servicebgpstatuses', 'ServiceBGPStatus');

/** In a cluster. With one for each Service and node that announces it there may be more, and what is beyond is not written. */
export const mostServiceBGPStatuses = 50_000;

const serviceBGPStatusStatus = object(
  {
    ...serviceStatusFields,
    peers: list(text({ maxLength: 253 }), {
      description: "BGPPeers whose session is up and has been told of the Service's address, sorted.",
      maxItems: 256,
    }).optional(),
  },
  { description: 'Who announces the Service, to whom.' },
);

export type ServiceBGPStatusStatus = Of<typeof serviceBGPStatusStatus>;

export const serviceBGPStatusDefinition: Definition = {
  resource: serviceBGPStatuses,
  description: 'ServiceBGPStatus shows to which BGP peers a node announces a Service.',
  columns: [
    { name: 'Node', type: 'string', jsonPath: '.status.node' },
    { name: 'Service Name', type: 'string', jsonPath: '.status.serviceName' },
    { name: 'Service Namespace', type: 'string', jsonPath: '.status.serviceNamespace' },
  ],
  spec: object({}, { description: 'Not used.' }),
  specRequired: false,
  status: serviceBGPStatusStatus,
};
