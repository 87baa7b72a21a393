// Addresses that this node may own, but not on any LAN that it sees (pure): nobody would notice by itself that they are announced nowhere.
import type { Ip } from '#shared/net/ip.ts';
import type { NodeId } from '../segment/node-id.ts';
import { serves } from '../segment/ownership/desired-address.ts';
import type { DesiredState } from './desired-assembly.ts';
import type { SegmentRunner } from './segment-runner.ts';

/** So many are told. */
const most = 500;

export function unplacedAddresses(
  self: NodeId,
  desired: DesiredState | undefined,
  runners: readonly SegmentRunner[],
): readonly Ip[] {
  const unplaced: Ip[] = [];
  for (const { ip, candidates } of desired?.addresses ?? []) {
    const candidate = candidates.get(self);
    if (candidate === undefined) continue;
    const isPlaced = runners.some(
      (runner) => serves(candidate, runner.on.name) && (candidate.interfaces !== 'any' || runner.holds(ip)),
    );
    if (!isPlaced) unplaced.push(ip);
    if (unplaced.length === most) break;
  }
  return unplaced;
}
