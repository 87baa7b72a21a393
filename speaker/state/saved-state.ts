// What a speaker knew when it was last written down (spec/kubernetes.md §10): a new process of the same node goes on with it until the apiserver
// shows what is. Two lines: a header that says what this is, and the content. A bad file is as none.
import type { BFDProfileSpec } from '#shared/api/bfd-profile.ts';
import type { BGPAdvertisementSpec } from '#shared/api/bgp-advertisement.ts';
import type { BGPPeerSpec } from '#shared/api/bgp-peer.ts';
import type { CommunitySpec } from '#shared/api/community.ts';
import type { IPAddressPoolSpec } from '#shared/api/ip-address-pool.ts';
import type { L2AdvertisementSpec } from '#shared/api/l2-advertisement.ts';
import type { ConfigObject } from '#shared/config/object.ts';
import type { EndpointSliceView } from '#shared/kube/objects/endpoint-slice.ts';
import type { PodView } from '#shared/kube/objects/pod.ts';
import type { ServiceView } from '#shared/kube/objects/service.ts';
import { hexDigits, type Sha256 } from '#speaker/digest.ts';
import type { SpeakerNode } from '#speaker/desired/inputs.ts';
import type { SavedSegment } from '#speaker/seam.ts';
import { decodePlain, encodePlain } from './plain-json.ts';

/** The cluster as the watchers held it; undefined: that kind was not watched, or not listed yet. */
export interface SavedCluster {
  readonly services: readonly ServiceView[] | undefined;
  readonly endpointSlices: readonly EndpointSliceView[] | undefined;
  readonly nodes: readonly SpeakerNode[] | undefined;
  /** Of this machine; it may be all that is known of nodes. */
  readonly ownNode: SpeakerNode | undefined;
  readonly pods: readonly PodView[] | undefined;
  readonly pools: readonly ConfigObject<IPAddressPoolSpec>[] | undefined;
  readonly l2Advertisements: readonly ConfigObject<L2AdvertisementSpec>[] | undefined;
  /** Undefined: written by a speaker that knew nothing of it. */
  readonly bgp: SavedBgp | undefined;
}

/** Never with a Secret; a password that stands in a BGPPeer itself is no secret to whoever may read that, and the file is root's alone. */
export interface SavedBgp {
  readonly bgpPeers: readonly ConfigObject<BGPPeerSpec>[] | undefined;
  readonly bgpAdvertisements: readonly ConfigObject<BGPAdvertisementSpec>[] | undefined;
  readonly bfdProfiles: readonly ConfigObject<BFDProfileSpec>[] | undefined;
  readonly communities: readonly ConfigObject<CommunitySpec>[] | undefined;
}

export interface SavedState {
  readonly cluster: SavedCluster;
  /** Who is expected on each LAN, and what this node owned there. */
  readonly segments: readonly SavedSegment[];
  /** Of the process that wrote it. */
  readonly incarnation: number;
}

interface Header {
  readonly format: string;
  readonly version: number;
  readonly node: string;
  /** Wall clock; for the age only. */
  readonly savedMs: number;
  /** Of the content, in hexadecimal digits. */
  readonly sha256: string;
}

export interface StateIdentity {
  readonly node: string;
  readonly wallMs: number;
}

const format = 'ingot speaker';
/** To be raised when the content changes in a way that an older or a newer speaker would not read rightly. */
const version = 1;
const digestDigits = 64;
const dayMs = 86_400_000;

export function encodeState(state: SavedState, { node, wallMs }: StateIdentity, sha256: Sha256): string {
  const content = encodePlain(state);
  const header: Header = { format, version, node, savedMs: wallMs, sha256: digestOf(content, sha256) };
  return `${JSON.stringify(header)}\n${content}\n`;
}

/** The state, or why the text is none for this node now. Never throws. */
export function decodeState(
  text: string,
  { node, wallMs }: StateIdentity,
  sha256: Sha256,
): { readonly state: SavedState } | { readonly problem: string } {
  const [first = '', content = '', rest] = text.split('\n', 3);
  const header = parseHeader(first);
  if (header?.format !== format) return { problem: 'it is no state of a speaker' };
  if (header.version !== version) return { problem: `it has version ${header.version}, not ${version}` };
  if (header.node !== node) return { problem: `it is of node "${header.node}"` };
  // A clock that was set back makes it younger, which does no harm.
  if (!(wallMs - header.savedMs < dayMs)) return { problem: 'it is older than a day' };
  if (rest === undefined || digestOf(content, sha256) !== header.sha256) return { problem: 'it is damaged' };
  try {
    return { state: decodePlain(content) as SavedState };
  } catch (error) {
    return { problem: `it cannot be read: ${String(error)}` };
  }
}

function parseHeader(line: string): Header | undefined {
  try {
    return JSON.parse(line) as Header | undefined;
  } catch {
    return undefined;
  }
}

function digestOf(content: string, sha256: Sha256): string {
  return hexDigits(sha256(content), digestDigits);
}
