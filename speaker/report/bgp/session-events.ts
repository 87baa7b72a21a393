// Tells people what becomes of BGP sessions: an Event on the BGPPeer when its session with this node is established, and when it has ended.
import type { BGPPeer } from '#shared/config/bgp-peer.ts';
import type { EventRecorder } from '#shared/kube/event-recorder.ts';
import type { BgpView, PeerView } from '../../bgp-view.ts';

const apiVersion = 'metallb.io/v1beta2';

export class SessionEvents {
  readonly #node: string;
  readonly #recorder: Pick<EventRecorder, 'record'>;
  /** When the sessions that are Established became so, by peer. */
  #establishedMs: ReadonlyMap<string, number> = new Map();

  constructor(options: { readonly node: string }, recorder: Pick<EventRecorder, 'record'>) {
    this.#node = options.node;
    this.#recorder = recorder;
  }

  /** `configured`: the BGPPeers that there are. A peer that is wanted no more has ended its session as it was asked to. */
  update({ peers }: BgpView, configured: readonly BGPPeer[]): void {
    const objects = new Map(configured.map((peer) => [peer.name, peer]));
    const establishedMs = new Map<string, number>();
    for (const view of peers) {
      const peer = objects.get(view.name);
      if (peer !== undefined) this.#compare(view, peer, establishedMs);
    }
    this.#establishedMs = establishedMs;
  }

  #compare({ name, session }: PeerView, peer: BGPPeer, establishedMs: Map<string, number>): void {
    const before = this.#establishedMs.get(name);
    const now = session?.state === 'Established' ? session.sinceMs : undefined;
    if (now !== undefined) establishedMs.set(name, now);
    if (now === before) return;
    if (before !== undefined) {
      const why = session?.lastError ?? 'for no reason that is known';
      this.#record(peer, 'Warning', 'sessionLost', `session with node "${this.#node}" has ended: ${why}`);
    }
    if (now !== undefined) {
      this.#record(peer, 'Normal', 'sessionEstablished', `session with node "${this.#node}" is established`);
    }
  }

  #record({ namespace, name, uid }: BGPPeer, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const regarding = { apiVersion, kind: 'BGPPeer', namespace, name, uid };
    this.#recorder.record({ regarding, type, reason, action: 'Connect', note });
  }
}
