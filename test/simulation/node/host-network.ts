// The interfaces of a machine in memory, changed by a simulated kernel or a test.
import type { HostNetwork, HostNetworkState, InterfaceAddress, Link } from '#speaker/l2/host-network.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';

export class SimulatedHostNetwork implements HostNetwork {
  readonly #deliver: (work: () => void) => void;
  #changed: ((state: HostNetworkState) => void) | undefined;
  #state: HostNetworkState;

  /** `deliver` performs what it is given later, in the order in which it got it; at once if there is none. */
  constructor(state: HostNetworkState, deliver: (work: () => void) => void = (work) => work()) {
    this.#state = state;
    this.#deliver = deliver;
  }

  start(changed: (state: HostNetworkState) => void): void {
    this.#changed = changed;
    this.#tell();
  }

  stop(): void {
    this.#changed = undefined;
  }

  become(state: HostNetworkState): void {
    this.#state = state;
    if (this.#changed !== undefined) this.#tell();
  }

  #tell(): void {
    const state = this.#state;
    this.#deliver(() => this.#changed?.(state));
  }
}

/** An Ethernet interface that is up; `fields` make it something else. */
export function ethernet(index: number, name: string, fields: Partial<Link> = {}): Link {
  return {
    index,
    name,
    mac: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}` as Mac,
    kind: undefined,
    master: undefined,
    ethernet: true,
    loopback: false,
    noArp: false,
    up: true,
    lowerUp: true,
    mtu: 1500,
    ...fields,
  };
}

export function address(interfaceIndex: number, ip: string, prefixBits: number): InterfaceAddress {
  const flags = { temporary: false, deprecated: false, tentative: false, duplicate: false };
  return { interfaceIndex, ip: ip as Ip, prefixBits, ...flags };
}

export function network(links: readonly Link[], addresses: readonly InterfaceAddress[]): HostNetworkState {
  return { links: new Map(links.map((link) => [link.index, link])), addresses, gateways: [] };
}
