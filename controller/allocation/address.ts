// One address: as text to compare and show, as a number to order.
import { familyOf, ipFromNumber, ipToNumber, type Family, type Ip } from '#shared/net/ip.ts';

export interface Address {
  readonly ip: Ip;
  readonly family: Family;
  readonly value: bigint;
}

export function addressOf(ip: Ip): Address {
  return { ip, family: familyOf(ip), value: ipToNumber(ip) };
}

export function addressAt(family: Family, value: bigint): Address {
  return { ip: ipFromNumber(family, value), family, value };
}

export function includesAddress(addresses: readonly Address[], { ip }: Address): boolean {
  return addresses.some((address) => address.ip === ip);
}
