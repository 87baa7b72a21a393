// Neighbour discovery as the simulated LAN reads and writes it (RFC 4861 §4.3, §4.4): not the product's codec, so that an error there does not
// cancel out here.
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { macText, readMac, readU16, readU32, writeMac, writeU16, writeU32 } from './octets.ts';

export const ipv6EtherType = 0x86dd;
export const unspecified = '::' as Ip;
export const allNodesGroup = 'ff02::1' as Ip;
export const allNodesMac = 0x3333_0000_0001;

/** MAC addresses are numbers. */
export interface NdpMessage {
  readonly kind: 'solicitation' | 'advertisement';
  readonly source: Ip;
  readonly destination: Ip;
  readonly target: Ip;
  /** Of the source in a solicitation, of the target in an advertisement; undefined: without the option. */
  readonly mac: number | undefined;
  /** Of an advertisement. */
  readonly solicited: boolean;
  readonly override: boolean;
}

const [ipOffset, icmpOffset, targetOffset, optionsOffset] = [14, 54, 62, 78];
const [solicitation, advertisement] = [135, 136];
const [sourceOption, targetOption] = [1, 2];
const [solicitedFlag, overrideFlag] = [0x4000_0000, 0x2000_0000];
const optionOctets = 8;
const nextHeader = 58;
const hopLimit = 255;
/** The first octets of the groups in which addresses are asked for (RFC 4291 §2.7.1). */
const groupMacStart = 0x3333_ff00_0000;

/** Undefined when the frame is no neighbour discovery, or one that hosts discard (§7.1). */
export function readNdp(frame: Uint8Array): NdpMessage | undefined {
  if (frame.length < optionsOffset || readU16(frame, 12) !== ipv6EtherType || frame[20] !== nextHeader)
    return undefined;
  const type = frame[icmpOffset];
  if ((type !== solicitation && type !== advertisement) || frame[21] !== hopLimit || frame[icmpOffset + 1] !== 0) {
    return undefined;
  }
  const end = icmpOffset + readU16(frame, ipOffset + 4);
  if (end > frame.length || checksum(frame, end) !== 0) return undefined;
  const isQuestion = type === solicitation;
  const flags = isQuestion ? 0 : readU32(frame, icmpOffset + 4);
  return {
    kind: isQuestion ? 'solicitation' : 'advertisement',
    source: readIp(frame, ipOffset + 8),
    destination: readIp(frame, ipOffset + 24),
    target: readIp(frame, targetOffset),
    mac: readOption(frame, end, isQuestion ? sourceOption : targetOption),
    solicited: (flags & solicitedFlag) !== 0,
    override: (flags & overrideFlag) !== 0,
  };
}

/** The whole frame. */
export function writeNdp(toMac: number, fromMac: number, message: NdpMessage): Uint8Array {
  const { kind, mac, solicited, override } = message;
  const end = optionsOffset + (mac === undefined ? 0 : optionOctets);
  const frame = new Uint8Array(end);
  writeMac(frame, 0, toMac);
  writeMac(frame, 6, fromMac);
  writeU16(frame, 12, ipv6EtherType);
  frame[ipOffset] = 0x60;
  writeU16(frame, ipOffset + 4, end - icmpOffset);
  frame[20] = nextHeader;
  frame[21] = hopLimit;
  frame.set(ipToBytes(message.source), ipOffset + 8);
  frame.set(ipToBytes(message.destination), ipOffset + 24);
  const isQuestion = kind === 'solicitation';
  frame[icmpOffset] = isQuestion ? solicitation : advertisement;
  writeU32(frame, icmpOffset + 4, (solicited ? solicitedFlag : 0) + (override ? overrideFlag : 0));
  frame.set(ipToBytes(message.target), targetOffset);
  if (mac !== undefined) {
    frame[optionsOffset] = isQuestion ? sourceOption : targetOption;
    frame[optionsOffset + 1] = 1;
    writeMac(frame, optionsOffset + 2, mac);
  }
  writeU16(frame, icmpOffset + 2, checksum(frame, end));
  return frame;
}

/** One who asks, with an address of its own or, as in duplicate address detection, without (`unspecified`). */
export interface Asker {
  readonly mac: number;
  readonly ip: Ip;
}

/** Asked of one station, or without its MAC of all in the group of the target. */
export function ndpQuestion({ mac, ip }: Asker, target: Ip, at?: number): Uint8Array {
  const group = at === undefined ? groupMacOf(target) : at;
  return writeNdp(group, mac, {
    kind: 'solicitation',
    source: ip,
    destination: at === undefined ? groupOf(target) : target,
    target,
    mac: ip === unspecified ? undefined : mac,
    solicited: false,
    override: false,
  });
}

/** The answer of a host: this MAC has the address asked for. Who asks from `::` is answered before all (§7.2.4). */
export function ndpAnswer({ source, target, mac: askerMac }: NdpMessage, frameSource: number, mac: number): Uint8Array {
  if (source === unspecified) return ndpAnnouncement(mac, target);
  const message = { source: target, destination: source, target, mac, solicited: true, override: true } as const;
  return writeNdp(askerMac ?? frameSource, mac, { kind: 'advertisement', ...message });
}

/** One that nobody asked for. */
export function ndpAnnouncement(mac: number, target: Ip): Uint8Array {
  const message = {
    source: target,
    destination: allNodesGroup,
    target,
    mac,
    solicited: false,
    override: true,
  } as const;
  return writeNdp(allNodesMac, mac, { kind: 'advertisement', ...message });
}

/** The Ethernet address of the group in which the address is asked for (RFC 2464 §7). */
export function groupMacOf(ip: Ip): number {
  return groupMacStart + (readU32(ipToBytes(ip), 12) & 0xff_ffff);
}

/** Of any IPv6 group. */
export function macOfGroup(group: Ip): number {
  return 0x3333_0000_0000 + readU32(ipToBytes(group), 12);
}

/** As the trace has it: what kind of message it is, and the address it is about. */
export function describeNdp({ kind, source, target, mac, solicited, override }: NdpMessage): {
  readonly event: string;
  readonly ip: string;
  readonly detail: string;
} {
  if (kind === 'solicitation') return { event: 'ndp solicitation', ip: target, detail: `by ${source}` };
  const has = mac === undefined ? 'no MAC' : macText(mac);
  const flags = `${solicited ? 'S' : ''}${override ? 'O' : ''}`;
  return { event: `ndp ${solicited ? 'answer' : 'announcement'}`, ip: target, detail: `${has} ${flags}` };
}

function groupOf(ip: Ip): Ip {
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0);
  group.set(ipToBytes(ip).subarray(-3), 13);
  return ipFromBytes(group);
}

function readIp(frame: Uint8Array, at: number): Ip {
  return ipFromBytes(frame.subarray(at, at + 16));
}

function readOption(frame: Uint8Array, end: number, wanted: number): number | undefined {
  for (let at = optionsOffset; at + optionOctets <= end;) {
    const units = frame[at + 1] ?? 0;
    if (units === 0) return undefined;
    if (frame[at] === wanted) return readMac(frame, at + 2);
    at += units * optionOctets;
  }
  return undefined;
}

/** Over the pseudo-header and the message (RFC 8200 §8.1); 0 where a right one stands in the message. */
function checksum(frame: Uint8Array, end: number): number {
  let sum = nextHeader + end - icmpOffset;
  for (let at = ipOffset + 8; at < end; at += 2) sum += readU16(frame, at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
