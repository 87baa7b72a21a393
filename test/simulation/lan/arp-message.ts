// ARP as the simulated LAN reads and writes it (RFC 826): not the product's codec, so that an error there does not cancel out here.
import { ipv4Text, macText, readMac, readU16, readU32, writeMac, writeU16, writeU32 } from './octets.ts';

export const arpEtherType = 0x0806;
export const arpRequest = 1;
export const arpReply = 2;

const headerOctets = 14;
const messageOctets = 28;
/** Shorter ones are padded. */
const leastFrameOctets = 60;
/** Hardware Ethernet, protocol IPv4, lengths 6 and 4: what never varies. */
const fixed = [0x0001, 0x0800, 0x0604] as const;

/** All addresses are numbers. */
export interface ArpMessage {
  readonly operation: number;
  readonly senderMac: number;
  readonly senderIp: number;
  readonly targetMac: number;
  readonly targetIp: number;
}

/** Undefined when the frame is no ARP for IPv4 over Ethernet. */
export function readArp(frame: Uint8Array): ArpMessage | undefined {
  if (frame.length < headerOctets + messageOctets || readU16(frame, 12) !== arpEtherType) return undefined;
  if (fixed.some((value, index) => readU16(frame, 14 + 2 * index) !== value)) return undefined;
  return {
    operation: readU16(frame, 20),
    senderMac: readMac(frame, 22),
    senderIp: readU32(frame, 28),
    targetMac: readMac(frame, 32),
    targetIp: readU32(frame, 38),
  };
}

/** The whole frame; its Ethernet source is the sender. */
export function writeArp(destination: number, message: ArpMessage): Uint8Array {
  const frame = new Uint8Array(leastFrameOctets);
  writeMac(frame, 0, destination);
  writeMac(frame, 6, message.senderMac);
  writeU16(frame, 12, arpEtherType);
  for (const [index, value] of fixed.entries()) writeU16(frame, 14 + 2 * index, value);
  writeU16(frame, 20, message.operation);
  writeMac(frame, 22, message.senderMac);
  writeU32(frame, 28, message.senderIp);
  writeMac(frame, 32, message.targetMac);
  writeU32(frame, 38, message.targetIp);
  return frame;
}

/** The answer to a request: this MAC has the address asked for. */
export function answerTo(request: ArpMessage, mac: number): Uint8Array {
  return writeArp(request.senderMac, {
    operation: arpReply,
    senderMac: mac,
    senderIp: request.targetIp,
    targetMac: request.senderMac,
    targetIp: request.senderIp,
  });
}

/** One that nobody asked for: sender and target address are the same. */
export function isAnnouncement({ senderIp, targetIp }: ArpMessage): boolean {
  return senderIp === targetIp;
}

/** As the trace has it: what kind of ARP it is, and the address it is about. */
export function describeArp(message: ArpMessage): {
  readonly event: string;
  readonly ip: string;
  readonly detail: string;
} {
  const { operation, senderMac, targetIp, senderIp } = message;
  const form = operation === arpReply ? 'reply' : 'request';
  const has = macText(senderMac);
  if (isAnnouncement(message)) return { event: `arp announcement ${form}`, ip: ipv4Text(senderIp), detail: has };
  if (operation === arpReply) {
    return { event: 'arp reply', ip: ipv4Text(senderIp), detail: `${has} to ${ipv4Text(targetIp)}` };
  }
  return { event: 'arp request', ip: ipv4Text(targetIp), detail: `by ${senderIp === 0 ? has : ipv4Text(senderIp)}` };
}
