// Interfaces and addresses of this machine, as everything but the wire thread's main program sees them: injected, with a real (netlink) and
// a simulated implementation.
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';

export interface Link {
  /** A new index is a new interface, whatever its name. */
  readonly index: number;
  readonly name: string;
  /** Absent when the interface has no 6-octet address. */
  readonly mac: Mac | undefined;
  /** As `bridge`, `bond`, `vrf`, `veth`; absent for hardware. */
  readonly kind: string | undefined;
  /** Index of the interface it is a port of. */
  readonly master: number | undefined;
  readonly ethernet: boolean;
  readonly loopback: boolean;
  readonly noArp: boolean;
  /** Switched on. */
  readonly up: boolean;
  /** Has a carrier. */
  readonly lowerUp: boolean;
  readonly mtu: number;
}

export interface InterfaceAddress {
  readonly interfaceIndex: number;
  readonly ip: Ip;
  readonly prefixBits: number;
  readonly temporary: boolean;
  readonly deprecated: boolean;
  readonly tentative: boolean;
  readonly duplicate: boolean;
}

/** Next hop of a default route. */
export interface Gateway {
  readonly interfaceIndex: number;
  readonly ip: Ip;
}

export interface HostNetworkState {
  readonly links: ReadonlyMap<number, Link>;
  readonly addresses: readonly InterfaceAddress[];
  readonly gateways: readonly Gateway[];
}

export interface HostNetwork {
  /** `changed` gets the whole state once it is known, and again whenever it differs. */
  start(changed: (state: HostNetworkState) => void): void;
  stop(): void;
}
