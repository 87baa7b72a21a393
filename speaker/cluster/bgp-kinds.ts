// The kinds of objects that BGP is made of, as the speaker keeps them. BGPPeers are always watched, the others only while there is one, and
// Secrets only while a peer names one: a speaker need not have the right to read any.
import { bfdProfiles, bfdProfileSpec, type BFDProfileSpec } from '#shared/api/bfd-profile.ts';
import { bgpAdvertisements, bgpAdvertisementSpec, type BGPAdvertisementSpec } from '#shared/api/bgp-advertisement.ts';
import { bgpPeers, bgpPeerSpec, type BGPPeerSpec } from '#shared/api/bgp-peer.ts';
import { communities, communitySpec, type CommunitySpec } from '#shared/api/community.ts';
import type { ConfigurationObjects } from '#shared/config/configuration.ts';
import { parseConfigObject, type ConfigObject } from '#shared/config/object.ts';
import type { Selection } from '#shared/kube/kube-api.ts';
import { basicAuth, parseSecret, type SecretView } from '#shared/kube/objects/secret.ts';
import type { Meta, Parsed } from '#shared/kube/objects/view.ts';
import { secrets } from '#shared/kube/resources.ts';
import type { SavedBgp } from '../state/saved-state.ts';
import type { KeptKind, Watched } from './kept-kind.ts';

/** Begins to keep a kind, without watching it yet. `changedFirst`: before anybody else is told of a change. */
export type Keep = <View extends Meta>(
  selection: Selection,
  parse: (object: unknown) => Parsed<View>,
  earlier: readonly View[] | undefined,
  changedFirst?: () => void,
) => KeptKind<View>;

interface Beside {
  readonly advertisements: KeptKind<ConfigObject<BGPAdvertisementSpec>>;
  readonly profiles: KeptKind<ConfigObject<BFDProfileSpec>>;
  readonly communities: KeptKind<ConfigObject<CommunitySpec>>;
}

export class BgpKinds {
  readonly #namespace: string;
  readonly #earlier: SavedBgp | undefined;
  readonly #keep: Keep;
  readonly #peers: KeptKind<ConfigObject<BGPPeerSpec>>;
  #beside: Beside | undefined;
  #secrets: KeptKind<SecretView> | undefined;

  constructor(namespace: string, earlier: SavedBgp | undefined, keep: Keep) {
    this.#namespace = namespace;
    this.#earlier = earlier;
    this.#keep = keep;
    this.#peers = keep({ resource: bgpPeers, namespace }, parseConfigObject(bgpPeerSpec), earlier?.bgpPeers, () =>
      this.follow(),
    );
  }

  /** Watches what the peers need, and nothing else. */
  follow(): void {
    const peers = [...(this.#peers.objects?.values() ?? [])];
    if ((this.#beside !== undefined) !== peers.length > 0) this.#followBeside(peers.length > 0);
    if ((this.#secrets !== undefined) !== peers.some(namesSecret)) this.#followSecrets(peers.some(namesSecret));
  }

  /** As far as they are known. */
  get objects(): Pick<ConfigurationObjects, 'bgpPeers' | 'bgpAdvertisements' | 'bfdProfiles' | 'communities'> {
    return {
      bgpPeers: this.#peers.objects,
      bgpAdvertisements: this.#beside?.advertisements.objects,
      bfdProfiles: this.#beside?.profiles.objects,
      communities: this.#beside?.communities.objects,
    };
  }

  /** By name; undefined: not known yet, or no peer names any. */
  get secrets(): ReadonlyMap<string, SecretView> | undefined {
    const views = this.#secrets?.objects;
    return views && new Map(Array.from(views.values(), (view) => [view.name, view]));
  }

  get watched(): readonly Watched[] {
    const beside = this.#beside;
    return [
      { kind: 'BGPPeer', kept: this.#peers },
      ...(beside === undefined
        ? []
        : [
            { kind: 'BGPAdvertisement', kept: beside.advertisements },
            { kind: 'BFDProfile', kept: beside.profiles },
            { kind: 'Community', kept: beside.communities },
          ]),
      ...(this.#secrets === undefined ? [] : [{ kind: 'Secret', kept: this.#secrets }]),
    ];
  }

  /**
   * To be written down: all but the Secrets. After a restart while the apiserver is away a peer with `passwordSecret` waits for it, so that no
   * Secret is ever on a disk.
   */
  get saved(): SavedBgp {
    return {
      bgpPeers: this.#peers.saved,
      bgpAdvertisements: this.#beside?.advertisements.saved,
      bfdProfiles: this.#beside?.profiles.saved,
      communities: this.#beside?.communities.saved,
    };
  }

  #followBeside(isWanted: boolean): void {
    const { advertisements, profiles, communities: aliases } = this.#beside ?? this.#keepBeside();
    for (const { watcher } of [advertisements, profiles, aliases]) {
      if (isWanted) watcher.start();
      else watcher.stop();
    }
    this.#beside = isWanted ? { advertisements, profiles, communities: aliases } : undefined;
  }

  #keepBeside(): Beside {
    const namespace = this.#namespace;
    // What the earlier process saw counts at the start only, not when a peer comes back later.
    const earlier = this.#peers.watcher.synced ? undefined : this.#earlier;
    return {
      advertisements: this.#keep(
        { resource: bgpAdvertisements, namespace },
        parseConfigObject(bgpAdvertisementSpec),
        earlier?.bgpAdvertisements,
      ),
      profiles: this.#keep(
        { resource: bfdProfiles, namespace },
        parseConfigObject(bfdProfileSpec),
        earlier?.bfdProfiles,
      ),
      communities: this.#keep(
        { resource: communities, namespace },
        parseConfigObject(communitySpec),
        earlier?.communities,
      ),
    };
  }

  #followSecrets(isWanted: boolean): void {
    const selection = { resource: secrets, namespace: this.#namespace, fieldSelector: `type=${basicAuth}` };
    const kept = this.#secrets ?? this.#keep(selection, parseSecret, undefined);
    if (isWanted) kept.watcher.start();
    else kept.watcher.stop();
    this.#secrets = isWanted ? kept : undefined;
  }
}

function namesSecret(peer: ConfigObject<BGPPeerSpec>): boolean {
  return 'spec' in peer && (peer.spec.passwordSecret?.name ?? '') !== '';
}
