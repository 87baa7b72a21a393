// What hosts believe of neighbour discovery (pure): ndisc_recv_na() of net/ipv6/ndisc.c.
import type { NdpMessage } from './ndp-message.ts';
import type { NeighbourEvent } from './neighbour.ts';

/** What it means for the entry of the target; undefined: nothing. */
export function learntFromAdvertisement({ kind, mac, solicited, override }: NdpMessage): NeighbourEvent | undefined {
  if (kind !== 'advertisement' || mac === undefined) return undefined;
  return { kind: 'learnt', mac, confirms: solicited, overrides: override ? 'always' : 'weakly', creates: false };
}

/** What it means for the entry of the one who asks. */
export function learntFromSolicitation({ kind, mac }: NdpMessage): NeighbourEvent | undefined {
  if (kind !== 'solicitation' || mac === undefined) return undefined;
  return { kind: 'learnt', mac, confirms: false, overrides: 'always' };
}
