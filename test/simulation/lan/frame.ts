// A frame on its way, read once for all who receive it.
import { readArp, type ArpMessage } from './arp-message.ts';
import { readNdp, type NdpMessage } from './ndp-message.ts';
import { readMac } from './octets.ts';
import type { UdpPacket } from './udp-packet.ts';

export interface Frame {
  /** Not to be changed: all receivers share them. Of a datagram there are none. */
  readonly bytes: Uint8Array;
  readonly destination: number;
  readonly source: number;
  readonly arp: ArpMessage | undefined;
  readonly ndp: NdpMessage | undefined;
  readonly udp: UdpPacket | undefined;
}

export const headerOctets = 14;
const noBytes = new Uint8Array(0);

export function frameOf(bytes: Uint8Array): Frame {
  const [destination, source] = [readMac(bytes, 0), readMac(bytes, 6)];
  return { bytes, destination, source, arp: readArp(bytes), ndp: readNdp(bytes), udp: undefined };
}

export function udpFrame(destination: number, source: number, udp: UdpPacket): Frame {
  return { bytes: noBytes, destination, source, arp: undefined, ndp: undefined, udp };
}
