// ARP for IPv4 over Ethernet (RFC 826), and the forms that a responder sends (RFC 5227).
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-------------------------------+-------------------------------+
//  |    hardware type (1)          |    protocol type (0x0800)     |
//  +---------------+---------------+-------------------------------+
//  |  length (6)   |  length (4)   |    operation                  |
//  +---------------+---------------+-------------------------------+
//  |                  sender hardware address (6)                  |
//  +                               +-------------------------------+
//  |                               |  sender protocol address (4)  |
//  +-------------------------------+-------------------------------+
//  |                               |                               |
//  +-------------------------------+  target hardware address (6)  +
//  |                                                               |
//  +---------------------------------------------------------------+
//  |                  target protocol address (4)                  |
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { broadcastMac, macBytes, macFromBytes, macToBytes, zeroMac, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { decodeEthernetHeader, encodeEthernetFrame, etherTypes, type EthernetHeader } from './ethernet.ts';

export const arpOperations = { request: 1, reply: 2 } as const;

/** The sender address of a probe (RFC 5227 §1.1). */
export const noAddress = '0.0.0.0' as Ip;

export interface ArpPacket {
  /** One of `arpOperations`, or any other number that came from the wire. */
  readonly operation: number;
  readonly senderMac: Mac;
  readonly senderIp: Ip;
  readonly targetMac: Mac;
  readonly targetIp: Ip;
}

export interface ArpFrame {
  readonly ethernet: EthernetHeader;
  readonly arp: ArpPacket;
}

const packetLength = 28;
const ipv4Bytes = 4;

/** What never varies: hardware Ethernet, protocol IPv4, and the lengths of their addresses. */
const fixedFields = [
  { name: 'hardware type', bytes: 2, value: 1 },
  { name: 'protocol type', bytes: 2, value: 0x0800 },
  { name: 'hardware address length', bytes: 1, value: macBytes },
  { name: 'protocol address length', bytes: 1, value: ipv4Bytes },
] as const;

/** Reads a whole frame, whatever its padding. Throws WireError. */
export function decodeArpFrame(frame: Uint8Array): ArpFrame {
  const reader = new ByteReader(frame);
  const ethernet = decodeEthernetHeader(reader);
  if (ethernet.etherType !== etherTypes.arp) {
    throw new WireError('unsupported', `EtherType 0x${ethernet.etherType.toString(16)} is not ARP`);
  }
  for (const { name, bytes, value } of fixedFields) {
    const found = bytes === 1 ? reader.u8() : reader.u16();
    if (found !== value) throw new WireError('unsupported', `ARP ${name} ${found} instead of ${value}`);
  }
  const arp: ArpPacket = {
    operation: reader.u16(),
    senderMac: macFromBytes(reader.bytes(macBytes)),
    senderIp: ipFromBytes(reader.bytes(ipv4Bytes)),
    targetMac: macFromBytes(reader.bytes(macBytes)),
    targetIp: ipFromBytes(reader.bytes(ipv4Bytes)),
  };
  return { ethernet, arp };
}

/** The whole frame, padded to its least length. */
export function encodeArpFrame({ ethernet, arp }: ArpFrame): Uint8Array {
  return encodeEthernetFrame(ethernet, packetLength, (writer) => {
    for (const { bytes, value } of fixedFields) {
      if (bytes === 1) writer.u8(value);
      else writer.u16(value);
    }
    writer
      .u16(arp.operation)
      .bytes(macToBytes(arp.senderMac))
      .bytes(ipToBytes(arp.senderIp))
      .bytes(macToBytes(arp.targetMac))
      .bytes(ipToBytes(arp.targetIp));
  });
}

/** The answer to `request`: `mac` has the address that was asked for. */
export function arpReply(mac: Mac, request: Pick<ArpPacket, 'senderMac' | 'senderIp' | 'targetIp'>): ArpFrame {
  return {
    ethernet: { destination: request.senderMac, source: mac, etherType: etherTypes.arp },
    arp: {
      operation: arpOperations.reply,
      senderMac: mac,
      senderIp: request.targetIp,
      targetMac: request.senderMac,
      targetIp: request.senderIp,
    },
  };
}

/** "Has anybody `ip`?", asked by one who does not have it yet (RFC 5227 §2.1.1). */
export function arpProbe(mac: Mac, ip: Ip): ArpFrame {
  return arpQuestion(broadcastMac, { senderMac: mac, senderIp: noAddress, targetIp: ip });
}

/** "Who has `targetIp`?", asked of one station or of all. */
export function arpQuestion(to: Mac, asked: Pick<ArpPacket, 'senderMac' | 'senderIp' | 'targetIp'>): ArpFrame {
  return {
    ethernet: { destination: to, source: asked.senderMac, etherType: etherTypes.arp },
    arp: { operation: arpOperations.request, targetMac: zeroMac, ...asked },
  };
}

/** "`mac` has `ip`" as an unsolicited request, the ARP Announcement of RFC 5227 §2.3. */
export function arpAnnouncementRequest(mac: Mac, ip: Ip): ArpFrame {
  return announcement(arpOperations.request, mac, ip, zeroMac);
}

/** "`mac` has `ip`" as an unsolicited reply. Linux believes it at once only if the target hardware address is the sender's. */
export function arpAnnouncementReply(mac: Mac, ip: Ip): ArpFrame {
  return announcement(arpOperations.reply, mac, ip, mac);
}

function announcement(operation: number, mac: Mac, ip: Ip, targetMac: Mac): ArpFrame {
  return {
    ethernet: { destination: broadcastMac, source: mac, etherType: etherTypes.arp },
    arp: { operation, senderMac: mac, senderIp: ip, targetMac, targetIp: ip },
  };
}
