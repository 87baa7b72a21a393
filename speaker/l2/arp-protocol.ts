// ARP as a responder speaks it (RFC 826, RFC 5227).
import { broadcastMac, type Mac } from '#shared/net/mac.ts';
import {
  arpAnnouncementReply,
  arpAnnouncementRequest,
  arpOperations,
  arpProbe,
  arpQuestion,
  arpReply,
  decodeArpFrame,
  encodeArpFrame,
  noAddress,
  type ArpFrame,
} from './arp.ts';
import { arpFilter, coarseArpFilter } from './arp-filter.ts';
import { etherTypes } from './ethernet.ts';
import type { NeighbourMessage, NeighbourProtocol } from './neighbour-protocol.ts';

export const arpProtocol: NeighbourProtocol = {
  family: 'IPv4',
  etherType: etherTypes.arp,

  read(frame, mac) {
    const { ethernet, arp } = decodeArpFrame(frame);
    return {
      asks: arp.operation === arpOperations.request,
      mac: arp.senderMac,
      ip: arp.senderIp === noAddress ? undefined : arp.senderIp,
      target: arp.targetIp,
      sentTo: sentTo(ethernet.destination, mac),
    };
  },

  answer(mac, { mac: asker, ip = noAddress, target }) {
    return encodeArpFrame(arpReply(mac, { senderMac: asker, senderIp: ip, targetIp: target }));
  },

  announcement(mac, ip) {
    return [arpAnnouncementRequest(mac, ip), arpAnnouncementReply(mac, ip)].map(encodeArpFrame);
  },

  probe(mac, ip) {
    return encodeArpFrame(arpProbe(mac, ip));
  },

  question({ mac, ip: asker }, ip, at = broadcastMac) {
    return encodeArpFrame(arpQuestion(at, { senderMac: mac, senderIp: asker, targetIp: ip }));
  },

  filter(addresses) {
    return { program: arpFilter(addresses.map(({ value }) => Number(value))), coarse: coarseArpFilter };
  },

  groupOf() {
    return undefined;
  },
};

function sentTo(destination: ArpFrame['ethernet']['destination'], mac: Mac): NeighbourMessage['sentTo'] {
  if (destination === mac) return 'us';
  return destination === broadcastMac ? 'all' : 'others';
}
