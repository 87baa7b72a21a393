// How the other side of a session is named in metrics: `192.0.2.1:179`, `[2001:db8::1]:179`, `[fe80::1%eth1]:179`.
import { familyOf } from '#shared/net/ip.ts';
import type { PeerView } from '../../bgp-view.ts';

/** Tells apart peers of one address behind different VRFs, and unnumbered ones that have not been heard of yet. */
export function peerLabel(peer: Pick<PeerView, 'remote' | 'port' | 'device'>): string {
  const { remote, port } = peer;
  const host = hostLabel(peer);
  return remote !== undefined && familyOf(remote) === 'IPv4' ? `${host}:${port}` : `[${host}]:${port}`;
}

/** Without the port, which a BFD session has nothing of. */
export function hostLabel({ remote, device }: Pick<PeerView, 'remote' | 'device'>): string {
  return `${remote ?? ''}${device === undefined ? '' : `%${device}`}`;
}
