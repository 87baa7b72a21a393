// Who has which address on the simulated LAN, 10.0.0.0/8: nodes, clients, pools and foreign hosts never meet.
import { createHash } from 'node:crypto';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';

export const lanPrefixBits = 8;
/** Of one pool. */
export const mostPoolAddresses = 65_536;

/** `index` from 0. */
export function nodeName(index: number): string {
  return `n${index + 1}`;
}

/** What speakers call it among themselves (spec/layer2.md §8). */
export function nodeIdText(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

export function nodeIp(index: number): Ip {
  return address(0x0a01_0001 + index);
}

export function nodeMac(index: number): Mac {
  return mac(0x01_0000 + index);
}

/** After its interface was replaced `changes` times. */
export function replacedMac(index: number, changes: number): Mac {
  return mac(0x02_0000 + changes * 0x400 + index);
}

export function clientIp(index: number): Ip {
  return address(0x0a00_0101 + index);
}

export function clientMac(index: number): Mac {
  return mac(0x03_0000 + index);
}

export const foreignMac = mac(0x04_0000);
export const routerMac = mac(0x05_0000);
export const routerIp = address(0x0a00_0001);

export function poolRange(pool: number, addresses: number): string {
  const first = 0x0a40_0000 + pool * mostPoolAddresses;
  return `${address(first)}-${address(first + addresses - 1)}`;
}

function address(value: number): Ip {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.') as Ip;
}

function mac(value: number): Mac {
  const octets = [16, 8, 0].map((shift) => ((value >>> shift) & 255).toString(16).padStart(2, '0'));
  return `02:00:00:${octets.join(':')}` as Mac;
}
