// What a process of this node left behind, read once when the next one starts, before anything else: also which incarnation this makes.
import type { Log } from '#shared/runtime/log.ts';
import type { Sha256 } from '../digest.ts';
import type { SavedSegment } from '../seam.ts';
import { decodeState, type SavedCluster, type StateIdentity } from './saved-state.ts';
import type { StateFile } from './state-file.ts';

export interface EarlierState {
  /** Undefined: nothing is known until the apiserver shows it. */
  readonly cluster: SavedCluster | undefined;
  readonly segments: readonly SavedSegment[];
  /** Of the process that reads this: milliseconds since 1970, but above every earlier one, whatever the clock did. */
  readonly incarnation: number;
}

/** `identity.wallMs`: now. A missing, bad or old file is as none; one line in the log says why. */
export function readEarlierState(
  file: StateFile,
  identity: StateIdentity,
  { sha256, log }: { readonly sha256: Sha256; readonly log: Log },
): EarlierState {
  const none: EarlierState = { cluster: undefined, segments: [], incarnation: identity.wallMs };
  const read = file.read();
  if (read.kind === 'none') {
    log.info({}, 'no state file: beginning with nothing');
    return none;
  }
  const decoded = read.kind === 'text' ? decodeState(read.text, identity, sha256) : { problem: read.reason };
  if ('problem' in decoded) {
    log.warn({ problem: decoded.problem }, 'the state file is not used: beginning with nothing');
    return none;
  }
  const { cluster, segments, incarnation } = decoded.state;
  log.info({ addresses: segments.flatMap(({ addresses }) => addresses).length }, 'going on from the state file');
  return { cluster, segments, incarnation: Math.max(identity.wallMs, incarnation + 1) };
}
