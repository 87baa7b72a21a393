// NDP as a responder speaks it (RFC 4861 §7.2).
import type { Mac } from '#shared/net/mac.ts';
import { etherTypes } from './ethernet.ts';
import { allNodes, multicastMac, solicitedNodeGroup, solicitedNodeGroupOf } from './ipv6-multicast.ts';
import {
  decodeNdpFrame,
  encodeNdpFrame,
  ndpAnnouncement,
  ndpAnswer,
  ndpProbe,
  ndpQuestion,
  type NdpFrame,
} from './ndp.ts';
import { coarseNdpFilter, ndpFilter } from './ndp-filter.ts';
import { unspecified } from './ndp-frame.ts';
import { linkLayerAddress } from './ndp-option.ts';
import type { NeighbourMessage, NeighbourProtocol } from './neighbour-protocol.ts';

export const ndpProtocol: NeighbourProtocol = {
  family: 'IPv6',
  etherType: etherTypes.ipv6,

  read(bytes, mac) {
    const frame = decodeNdpFrame(bytes);
    const { ethernet, source, message } = frame;
    const asks = message.kind === 'solicitation';
    const said = linkLayerAddress(message, asks ? 'sourceLinkLayerAddress' : 'targetLinkLayerAddress');
    const speaker = asks ? source : message.target;
    return {
      asks,
      mac: said ?? ethernet.source,
      ip: speaker === unspecified ? undefined : speaker,
      target: message.target,
      sentTo: sentTo(frame, mac),
    };
  },

  answer(mac, { mac: asker, ip, target }) {
    return encodeNdpFrame(ndpAnswer(mac, { mac: asker, ip, target }));
  },

  announcement(mac, ip) {
    return [encodeNdpFrame(ndpAnnouncement(mac, ip))];
  },

  probe(mac, ip) {
    return encodeNdpFrame(ndpProbe(mac, ip));
  },

  question(asker, ip, at) {
    return encodeNdpFrame(ndpQuestion(asker, ip, at));
  },

  filter(addresses) {
    const ends = addresses.map(({ value }) => Number(BigInt.asUintN(32, value)));
    return { program: ndpFilter(ends), coarse: coarseNdpFilter };
  },

  groupOf({ value }) {
    return solicitedNodeGroupOf(Number(BigInt.asUintN(24, value)));
  },
};

/** A solicitation goes to the target's group or to the target itself, whose reachability is then tested (§7.3.3). */
function sentTo({ ethernet, destination, message }: NdpFrame, mac: Mac): NeighbourMessage['sentTo'] {
  const { target } = message;
  const group = message.kind === 'solicitation' ? solicitedNodeGroup(target) : allNodes;
  if (destination === group && ethernet.destination === multicastMac(group)) return 'all';
  // A group's packet may come in a frame to one station (RFC 6085), a station's never in a frame to a group.
  if (ethernet.destination !== mac) return 'others';
  return message.kind === 'advertisement' || destination === target || destination === group ? 'us' : 'others';
}
