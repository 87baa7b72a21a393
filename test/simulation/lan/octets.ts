// Addresses on the wire as numbers, which cost nothing to compare and to look up: IPv4 addresses of 32 bits, MAC addresses of 48.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';

export const broadcastNumber = 0xffff_ffff_ffff;

export function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((readU16(bytes, at) << 16) | readU16(bytes, at + 2)) >>> 0;
}

export function readMac(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2);
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at, value >>> 16);
  writeU16(bytes, at + 2, value & 0xffff);
}

export function writeMac(bytes: Uint8Array, at: number, mac: number): void {
  writeU16(bytes, at, Math.floor(mac / 0x1_0000_0000));
  writeU32(bytes, at + 2, mac % 0x1_0000_0000);
}

export function macNumber(mac: Mac): number {
  return parseInt(mac.replaceAll(':', ''), 16);
}

export function macText(mac: number): Mac {
  const digits = mac.toString(16).padStart(12, '0');
  return (digits.match(/../g) ?? []).join(':') as Mac;
}

/** The group bit of the first octet. */
export function isGroupMac(mac: number): boolean {
  return Math.floor(mac / 0x100_0000_0000) % 2 === 1;
}

export function ipv4Number(ip: Ip): number {
  return ip.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

export function ipv4Text(ip: number): Ip {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}` as Ip;
}
