// What ARP and NDP have in common, so that one responder speaks both: neighbours ask who has an address, and are told.
import type { Family, Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import type { PacketFilter } from './packet-socket.ts';

/** An address with the number it stands for, as many comparisons need it. */
export interface NumberedAddress {
  readonly ip: Ip;
  readonly value: bigint;
}

/** An ARP packet, a Neighbour Solicitation or a Neighbour Advertisement. */
export interface NeighbourMessage {
  /** A request or solicitation, also one that is meant as an announcement. */
  readonly asks: boolean;
  /** The sender's, as it says itself. */
  readonly mac: Mac;
  /** The address that the sender says is its own; undefined in the probe of one that does not have it yet. */
  readonly ip: Ip | undefined;
  /** The address that it asks for or speaks of. */
  readonly target: Ip;
  /** Whom it is sent to, judged by all its headers: this station alone, all that it concerns, or somebody else. */
  readonly sentTo: 'us' | 'all' | 'others';
}

export interface NeighbourProtocol {
  readonly family: Family;
  readonly etherType: number;
  /** Reads a whole frame as the station `mac` hears it. Throws WireError. */
  read(frame: Uint8Array, mac: Mac): NeighbourMessage;
  /** The frame that answers `question`: `mac` has its target. */
  answer(mac: Mac, question: NeighbourMessage): Uint8Array;
  /** The frames that tell all, in order: `mac` has `ip`. */
  announcement(mac: Mac, ip: Ip): readonly Uint8Array[];
  /** The frame by which one who does not have `ip` yet asks whether anybody has. */
  probe(mac: Mac, ip: Ip): Uint8Array;
  /** The frame that asks the station `at`, or all, for `ip`. */
  question(asker: { readonly mac: Mac; readonly ip: Ip }, ip: Ip, at: Mac | undefined): Uint8Array;
  /** Passes what is to be read about these addresses. */
  filter(addresses: readonly NumberedAddress[]): PacketFilter;
  /** The multicast group in which the address is asked for; undefined: all hear the question. */
  groupOf(address: NumberedAddress): Ip | undefined;
}
