// UDP on the simulated LAN. No program of ours sees the headers of a datagram, so they travel as they are, without octets.
import type { UdpEndpoint } from '#speaker/l2/udp-socket.ts';

export interface UdpPacket {
  readonly source: UdpEndpoint;
  readonly destination: UdpEndpoint;
  readonly hopLimit: number;
  /** Octets, or in fast runs whatever the program hands to its socket. Shared by all who receive it: nobody changes it. */
  readonly datagram: unknown;
}

/** Where the speakers of a segment listen, and what firewalls may drop. */
export const segmentPort = 7946;

export function isOfSegment({ source, destination }: UdpPacket): boolean {
  return source.port === segmentPort || destination.port === segmentPort;
}
