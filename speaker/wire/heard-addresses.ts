// What a segment listens for (pure): what is said about addresses that this node owns or may own there, about other members and about gateways.
import { ipToNumber, type Ip } from '#shared/net/ip.ts';
import type { NumberedAddress } from '../l2/neighbour-protocol.ts';
import type { NodeId } from '../segment/node-id.ts';
import { serves } from '../segment/ownership/desired-address.ts';
import type { SegmentState } from '../segment/segment.ts';
import type { DesiredState } from './desired-assembly.ts';
import type { SegmentInterface } from './segment-runner.ts';

export function heardAddresses(
  self: NodeId,
  { name, gateways }: SegmentInterface,
  desired: DesiredState | undefined,
  { ownership, watch }: SegmentState,
): readonly NumberedAddress[] {
  const own = (desired?.addresses ?? []).filter(({ ip, candidates }) => {
    const candidate = candidates.get(self);
    // What is handed off is answered until another has it.
    return (candidate !== undefined && serves(candidate, name)) || ownership.addresses.get(ip)?.owner === self;
  });
  const others = [...gateways, ...Array.from(watch.members.values(), ({ source }) => source.ip)];
  return [...own, ...others.map(numbered)];
}

function numbered(ip: Ip): NumberedAddress {
  return { ip, value: ipToNumber(ip) };
}
