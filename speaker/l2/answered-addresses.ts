// Where an address is answered (pure): on the interfaces its advertisements name, or on those whose own prefixes contain it.
import { familyOf, type Ip } from '#shared/net/ip.ts';
import type { SuitableInterface } from './suitable-interfaces.ts';

/** An address with the number it stands for, as many comparisons need it. */
export interface NumberedAddress {
  readonly ip: Ip;
  readonly value: bigint;
}

/** An address that this node owns. */
export interface OwnedAddress extends NumberedAddress {
  /** Names, or any suitable interface with an on-link prefix that holds the address. */
  readonly interfaces: readonly string[] | 'any';
}

/** Those of the `owned` IPv4 addresses that are answered by ARP on the interface, in their order. */
export function answeredByArp(owned: readonly OwnedAddress[], on: SuitableInterface): readonly NumberedAddress[] {
  const ranges = on.onLink.filter(({ family }) => family === 'IPv4');
  return owned.filter(({ ip, value, interfaces }) => {
    if (familyOf(ip) !== 'IPv4') return false;
    if (interfaces !== 'any') return interfaces.includes(on.name);
    return ranges.some(({ first, last }) => first <= value && value <= last);
  });
}
