// What a frame says of who has an address, in ARP or in neighbour discovery: for those who judge what is on the wire.
import type { Ip } from '#shared/net/ip.ts';
import { isAnnouncement, readArp } from './arp-message.ts';
import { readNdp, unspecified } from './ndp-message.ts';
import { ipv4Text, readMac } from './octets.ts';

export interface Said {
  /** In whose name; undefined: of nobody, as one asks who does not have an address yet. */
  readonly ip: Ip | undefined;
  /** That is said to have it. */
  readonly mac: number;
  /** Nobody asked for it. */
  readonly isAnnouncement: boolean;
}

const sourceOffset = 6;

/** Undefined: the frame is neither. */
export function saidIn(frame: Uint8Array): Said | undefined {
  const arp = readArp(frame);
  if (arp !== undefined) {
    const ip = arp.senderIp === 0 ? undefined : ipv4Text(arp.senderIp);
    return { ip, mac: arp.senderMac, isAnnouncement: isAnnouncement(arp) };
  }
  const ndp = readNdp(frame);
  if (ndp === undefined) return undefined;
  const mac = ndp.mac ?? readMac(frame, sourceOffset);
  if (ndp.kind === 'solicitation') {
    return { ip: ndp.source === unspecified ? undefined : ndp.source, mac, isAnnouncement: false };
  }
  return { ip: ndp.target, mac, isAnnouncement: !ndp.solicited };
}
