// A frame on its way, read once for all who receive it.
import { readArp, type ArpMessage } from './arp-message.ts';
import { readMac } from './octets.ts';

export interface Frame {
  /** Not to be changed: all receivers share them. */
  readonly bytes: Uint8Array;
  readonly destination: number;
  readonly source: number;
  readonly arp: ArpMessage | undefined;
}

export const headerOctets = 14;

export function frameOf(bytes: Uint8Array): Frame {
  return { bytes, destination: readMac(bytes, 0), source: readMac(bytes, 6), arp: readArp(bytes) };
}
