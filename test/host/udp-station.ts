// A station on a LAN that makes and reads UDP packets by hand, whatever their hop limit, and has no address of its own.
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { macToBytes, type Mac } from '#shared/net/mac.ts';
import { linuxPacketSockets } from '#speaker/host/linux-packet-socket.ts';
import { accept } from '#speaker/l2/classic-bpf.ts';
import type { PacketSocket } from '#speaker/l2/packet-socket.ts';
import type { UdpEndpoint } from '#speaker/l2/udp-socket.ts';
import type { CableEnd } from './cable.ts';

export interface UdpPacket {
  readonly from: UdpEndpoint;
  readonly to: UdpEndpoint;
  readonly hopLimit: number;
  readonly text: string;
}

const headerLengths = { ethernet: 14, IPv4: 20, IPv6: 40, udp: 8 };
const udpProtocol = 17;

export class UdpStation {
  readonly heard: UdpPacket[] = [];
  readonly #mac: Mac;
  readonly #sockets: readonly PacketSocket[];

  constructor({ index, mac }: CableEnd) {
    this.#mac = mac;
    const filter = { program: [accept], coarse: [accept] };
    this.#sockets = [0x0800, 0x86dd].map((etherType) => {
      const socket = linuxPacketSockets.open(
        { interfaceIndex: index, etherType, filter },
        { frame: (bytes) => this.#receive(Buffer.from(bytes)), failed() {} },
      );
      if ('code' in socket) throw new Error(`${socket.call} failed with ${socket.code}`);
      return socket;
    });
  }

  send(packet: UdpPacket, to: Mac): void {
    const isIpv4 = !packet.to.ip.includes(':');
    const ethernet = Buffer.concat([
      macToBytes(to),
      macToBytes(this.#mac),
      Buffer.from(isIpv4 ? '0800' : '86dd', 'hex'),
    ]);
    const frame = Buffer.concat([ethernet, isIpv4 ? ipv4Packet(packet) : ipv6Packet(packet)]);
    this.#sockets[0]?.send(frame);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #receive(frame: Buffer): void {
    const isIpv4 = frame.readUInt16BE(12) === 0x0800;
    const packet = frame.subarray(headerLengths.ethernet);
    if (packet[isIpv4 ? 9 : 6] !== udpProtocol) return;
    const [source, destination] = isIpv4
      ? [packet.subarray(12, 16), packet.subarray(16, 20)]
      : [packet.subarray(8, 24), packet.subarray(24, 40)];
    const udp = packet.subarray(isIpv4 ? headerLengths.IPv4 : headerLengths.IPv6);
    this.heard.push({
      from: { ip: ipFromBytes(source), port: udp.readUInt16BE(0) },
      to: { ip: ipFromBytes(destination), port: udp.readUInt16BE(2) },
      hopLimit: packet[isIpv4 ? 8 : 7] ?? 0,
      text: udp.subarray(headerLengths.udp, udp.readUInt16BE(4)).toString(),
    });
  }
}

function ipv4Packet({ from, to, hopLimit, text }: UdpPacket): Buffer {
  const udp = udpPart(from, to, text);
  const header = Buffer.alloc(headerLengths.IPv4);
  header[0] = 0x45;
  header.writeUInt16BE(header.length + udp.length, 2);
  header[8] = hopLimit;
  header[9] = udpProtocol;
  header.set(ipToBytes(from.ip), 12);
  header.set(ipToBytes(to.ip), 16);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, udp]);
}

function ipv6Packet({ from, to, hopLimit, text }: UdpPacket): Buffer {
  const udp = udpPart(from, to, text);
  const header = Buffer.alloc(headerLengths.IPv6);
  header[0] = 0x60;
  header.writeUInt16BE(udp.length, 4);
  header[6] = udpProtocol;
  header[7] = hopLimit;
  header.set(ipToBytes(from.ip), 8);
  header.set(ipToBytes(to.ip), 24);
  return Buffer.concat([header, udp]);
}

function udpPart(from: UdpEndpoint, to: UdpEndpoint, text: string): Buffer {
  const udp = Buffer.concat([Buffer.alloc(headerLengths.udp), Buffer.from(text)]);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udp.length, 4);
  // RFC 8200 §8.1; the same sum serves IPv4.
  const pseudo = Buffer.concat([addressesOf(from.ip, to.ip), Buffer.from([0, udpProtocol]), udp.subarray(4, 6)]);
  udp.writeUInt16BE(checksum(Buffer.concat([pseudo, udp])), 6);
  return udp;
}

function addressesOf(from: Ip, to: Ip): Buffer {
  return Buffer.concat([ipToBytes(from), ipToBytes(to)]);
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
