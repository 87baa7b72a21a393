// 1 HELLO, to the group: who a speaker is on this segment, and how much it owns there.
import type { ByteReader } from '#shared/net/byte-reader.ts';
import type { ByteWriter } from '#shared/net/byte-writer.ts';
import { familyOf, ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { macBytes, macFromBytes, macToBytes, type Mac } from '#shared/net/mac.ts';
import type { Prefix } from '#shared/net/range.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { readMemberFlags, writeMemberFlags, type MemberFlags } from './member-flags.ts';
import { readTableSummary, writeTableSummary, type TableSummary } from './table-summary.ts';

export interface Hello {
  readonly kind: 'hello';
  readonly table: TableSummary;
  /** Addresses owned. */
  readonly owned: number;
  readonly flags: MemberFlags;
  /** How often it beats. */
  readonly beatMs: number;
  /** 1 until nodes have weights. */
  readonly weight: number;
  readonly mac: Mac;
  readonly interfaceName: string;
  readonly nodeName: string;
  /** On-link there. */
  readonly prefixes: readonly Prefix[];
}

/** Linux's IFNAMSIZ, without a closing zero if it is all used. */
const interfaceNameBytes = 16;
const maxPrefixes = 16;
const ipv4 = 4;
const ipv6 = 6;

export function writeHello(writer: ByteWriter, hello: Hello): void {
  writeTableSummary(writer, hello.table);
  writer.u32(hello.owned);
  writeMemberFlags(writer, hello.flags);
  writer.u16(hello.beatMs).u16(hello.weight).bytes(macToBytes(hello.mac));
  const interfaceName = new TextEncoder().encode(hello.interfaceName).subarray(0, interfaceNameBytes);
  writer.bytes(interfaceName).zeros(interfaceNameBytes - interfaceName.length);
  const nodeName = new TextEncoder().encode(hello.nodeName);
  writer.u8(nodeName.length).bytes(nodeName);
  const prefixes = hello.prefixes.slice(0, maxPrefixes);
  writer.u8(prefixes.length);
  for (const { ip, prefixBits } of prefixes) {
    writer
      .u8(familyOf(ip) === 'IPv4' ? ipv4 : ipv6)
      .u8(prefixBits)
      .bytes(ipToBytes(ip));
  }
}

export function readHello(reader: ByteReader): Hello {
  return {
    kind: 'hello',
    table: readTableSummary(reader),
    owned: reader.u32(),
    flags: readMemberFlags(reader),
    beatMs: reader.u16(),
    weight: reader.u16(),
    mac: macFromBytes(reader.bytes(macBytes)),
    interfaceName: readText(reader.bytes(interfaceNameBytes)),
    nodeName: readText(reader.bytes(reader.u8())),
    prefixes: readPrefixes(reader),
  };
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    throw new WireError('malformed', 'a name that is no UTF-8');
  }
}

function readPrefixes(reader: ByteReader): readonly Prefix[] {
  const count = reader.u8();
  if (count > maxPrefixes) throw new WireError('malformed', `${count} prefixes`);
  const prefixes: Prefix[] = [];
  for (let index = 0; index < count; index++) prefixes.push(readPrefix(reader));
  return prefixes;
}

function readPrefix(reader: ByteReader): Prefix {
  const family = reader.u8();
  const prefixBits = reader.u8();
  if (family !== ipv4 && family !== ipv6) throw new WireError('malformed', `address family ${family}`);
  if (prefixBits > (family === ipv4 ? 32 : 128)) throw new WireError('malformed', `a prefix of ${prefixBits} bits`);
  const ip: Ip = ipFromBytes(reader.bytes(family === ipv4 ? 4 : 16));
  return { ip, prefixBits };
}
