// Which of two connections with one peer stays (RFC 4271 §6.8, RFC 6286 §2.3, RFC 4724 §5).

export interface Speaker {
  /** As an unsigned number. */
  readonly bgpIdentifier: number;
  readonly asn: number;
}

export type Direction = 'dialed' | 'accepted';

/** Both sides come to the same answer: the connection stays that was opened by the one with the higher identifier, then AS number. */
export function stayingDirection(local: Speaker, peer: Speaker): Direction {
  const order = local.bgpIdentifier - peer.bgpIdentifier || local.asn - peer.asn;
  return order > 0 ? 'dialed' : 'accepted';
}
