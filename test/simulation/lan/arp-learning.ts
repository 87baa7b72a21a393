// What hosts believe of ARP (pure). `linux`: arp_process() of net/ipv4/arp.c, as measured. The others are models, not measurements.
import { arpReply, arpRequest, isAnnouncement, type ArpMessage } from './arp-message.ts';
import type { NeighbourEvent } from './neighbour.ts';
import { arrivalTypes, type ArrivalType } from './segment.ts';

export type ClientKind =
  | 'linux'
  /** Takes announcements in the form of requests only. */
  | 'stubborn'
  /** As routers: once it has an entry, only announcements change it for hours. */
  | 'long';

/** What it means for the entry of the sender's address; undefined: nothing. */
export function learntFromArp(arp: ArpMessage, type: ArrivalType, kind: ClientKind): NeighbourEvent | undefined {
  const { operation, senderMac: mac, senderIp, targetMac } = arp;
  if (type === arrivalTypes.otherHost || senderIp === 0) return undefined;
  if (operation !== arpRequest && operation !== arpReply) return undefined;
  const isReply = operation === arpReply;
  const announces = isAnnouncement(arp) && (!isReply || targetMac === mac);
  const confirms = isReply && type === arrivalTypes.host;
  switch (kind) {
    case 'linux':
      return { kind: 'learnt', mac, confirms, overrides: announces ? 'always' : 'after lock time' };
    case 'stubborn':
      if (isReply && isAnnouncement(arp)) return undefined;
      return { kind: 'learnt', mac, confirms, overrides: announces ? 'always' : 'after lock time' };
    case 'long':
      if (!announces && !confirms) return undefined;
      return { kind: 'learnt', mac, confirms: true, overrides: announces ? 'always' : 'never' };
  }
}
