// What the wire thread is started with, from the options of the speaker and from what an earlier process left.
import type { L2Profile } from '#shared/runtime/options.ts';
import { nodeId, type Sha256 } from './digest.ts';
import type { WireOptions } from './seam.ts';
import type { EarlierState } from './state/earlier-state.ts';

export interface SegmentOptions {
  readonly nodeName: string;
  readonly l2Profile: L2Profile;
  readonly segmentPort: number;
}

export function wireOptions(
  { nodeName, l2Profile, segmentPort }: SegmentOptions,
  { segments, incarnation }: Pick<EarlierState, 'segments' | 'incarnation'>,
  sha256: Sha256,
): WireOptions {
  return {
    node: { id: nodeId(nodeName, sha256), name: nodeName },
    incarnation,
    profile: l2Profile,
    port: segmentPort,
    saved: segments,
  };
}
