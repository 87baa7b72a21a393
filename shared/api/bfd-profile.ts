// BFDProfile: parameters of BFD sessions (RFC 5880) that watch BGP peers.
import { metallbResource, type Definition } from './definition.ts';
import { flag, integer, object, type Of } from './schema.ts';

export const bfdProfiles = metallbResource('v1beta1', 'bfdprofiles', 'BFDProfile');

const intervalMs = { minimum: 10, maximum: 60_000 };

export const bfdProfileSpec = object(
  {
    receiveInterval: integer('int32', {
      description: 'Shortest interval at which packets of the peer can be received, in ms. Absent: 300.',
      ...intervalMs,
    }).optional(),
    transmitInterval: integer('int32', {
      description: 'Shortest interval at which packets are sent, in ms. Absent: 300.',
      ...intervalMs,
    }).optional(),
    detectMultiplier: integer('int32', {
      description: 'How many packets in a row may be missed before the session is down. Absent: 3.',
      minimum: 2,
      maximum: 255,
    }).optional(),
    echoInterval: integer('int32', {
      description: 'Interval of echo packets, in ms. Absent: 50.',
      ...intervalMs,
    }).optional(),
    echoMode: flag('Echo mode. Not implemented: accepted and warned about.').optional(),
    passiveMode: flag('Wait for the peer to start the session.').optional(),
    minimumTtl: integer('int32', {
      description: 'Lowest TTL accepted in packets of a multi-hop session. Absent: 254.',
      minimum: 1,
      maximum: 254,
    }).optional(),
  },
  { description: 'Parameters of the sessions.' },
);

export type BFDProfileSpec = Of<typeof bfdProfileSpec>;

export const bfdProfileDefinition: Definition = {
  resource: bfdProfiles,
  description: 'BFDProfile holds the parameters of BFD sessions that watch BGP peers.',
  columns: [
    { name: 'Passive Mode', type: 'boolean', jsonPath: '.spec.passiveMode' },
    { name: 'Transmit Interval', type: 'integer', jsonPath: '.spec.transmitInterval' },
    { name: 'Receive Interval', type: 'integer', jsonPath: '.spec.receiveInterval' },
    { name: 'Multiplier', type: 'integer', jsonPath: '.spec.detectMultiplier' },
  ],
  spec: bfdProfileSpec,
  specRequired: false,
  status: object({}, { description: 'Not used.' }),
};
