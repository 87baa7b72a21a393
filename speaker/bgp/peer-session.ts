// One peer as the configuration wants it: what its state machine is told, and how its TCP connections are to be.
import type { PeerConfig } from './peer-config.ts';
import type { Transport } from './tcp-stack.ts';

export interface PeerSession {
  /** Of the BGPPeer; tells sessions apart. */
  readonly name: string;
  /** Chance is the machine's own. */
  readonly config: Omit<PeerConfig, 'random'>;
  /** Undefined `remote`: an unnumbered peer that has not been heard of yet. */
  readonly transport: Omit<Transport, 'remote'> & { readonly remote: Transport['remote'] | undefined };
  /** Name of the BFDProfile that it is watched with. */
  readonly bfdProfile: string | undefined;
  /** It is told how much traffic this node should get (draft-ietf-idr-link-bandwidth). */
  readonly linkBandwidth: boolean;
  /** More routes than that of the peer end the session; undefined: any number. */
  readonly prefixLimit: number | undefined;
}
