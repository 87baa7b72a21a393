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

/** Those of the `owned` addresses that are answered on the interface, in their order. */
export function answeredOn(owned: readonly OwnedAddress[], on: SuitableInterface): readonly NumberedAddress[] {
  return owned.filter(({ ip, value, interfaces }) => {
    const family = familyOf(ip);
    if (!on.families.includes(family)) return false;
    if (interfaces !== 'any') return interfaces.includes(on.name);
    return on.onLink.some((range) => range.family === family && range.first <= value && value <= range.last);
  });
}
