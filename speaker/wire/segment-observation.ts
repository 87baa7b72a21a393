// What one segment looks like from outside (pure): its members, what it owns, and what is wrong with it.
import type { Ip } from '#shared/net/ip.ts';
import type { MemberLife } from '../segment/effect.ts';
import { isAnswering } from '../segment/ownership/record.ts';
import { lifeOf } from '../segment/watch/member.ts';
import type { ObservedCondition, ObservedOwnership, ObservedSegment, SavedSegment } from '../seam.ts';
import type { NotedCondition } from './segment-notes.ts';
import type { SegmentRunner } from './segment-runner.ts';
import type { Shadow } from './shadow.ts';

/** `nameOf`: of a node, by its id. */
export function observeSegment(
  runner: SegmentRunner,
  nowMs: number,
  nameOf: (id: string) => string | undefined,
): ObservedSegment {
  const { on, state, notes, responder } = runner;
  const isBlocked = (ip: Ip): boolean => state.ownership.addresses.get(ip)?.phase.kind === 'blocked';
  return {
    segment: on.name,
    phase: phaseOf(runner),
    members: membersOf(runner),
    roster: [...state.watch.roster],
    conditions: notes.conditions.map((condition) => named(condition, nameOf)),
    foreignClaims: notes.foreignClaims(nowMs, isBlocked),
    announcementsQueued: responder.announcementsQueued,
  };
}

export function observeShadow({ on }: Shadow): ObservedSegment {
  return {
    segment: on.name,
    phase: 'shadow',
    members: {},
    roster: [],
    conditions: [{ condition: 'sameLan', about: undefined }],
    foreignClaims: [],
    announcementsQueued: 0,
  };
}

/** By address. */
export function ownershipsOn(
  { on, state, responder }: SegmentRunner,
  self: string,
): readonly (readonly [Ip, ObservedOwnership])[] {
  const { holdings } = state.ownership;
  const own = [...holdings].find(([id]) => id === self)?.[1].addresses ?? [];
  return Array.from(own, (address) => {
    const { ip, epoch, minority } = address;
    const answering = isAnswering(address) && responder.isAnswering(ip);
    return [ip, { segment: on.name, epoch, minority, answering }] as const;
  });
}

/** To begin with when the interface is back, or a new process. */
export function savedSegment(runner: SegmentRunner, self: string): SavedSegment {
  return {
    interface: runner.on.name,
    roster: [...runner.state.watch.roster],
    addresses: ownershipsOn(runner, self).map(([ip, { epoch, minority }]) => ({ ip, epoch, minority })),
  };
}

function phaseOf({ on, isStarted, state }: SegmentRunner): ObservedSegment['phase'] {
  if (!isStarted) return 'waiting';
  if (!on.carrier) return 'noCarrier';
  return state.watch.phase === 'joined' ? 'joined' : 'joining';
}

/** With this node itself. */
function membersOf({ isStarted, state: { watch } }: SegmentRunner): Readonly<Partial<Record<MemberLife, number>>> {
  const members: Partial<Record<MemberLife, number>> = {};
  if (isStarted) members[watch.phase === 'joined' ? 'up' : 'joining'] = 1;
  for (const member of watch.members.values()) {
    const life = lifeOf(member);
    members[life] = (members[life] ?? 0) + 1;
  }
  return members;
}

function named({ condition, about }: NotedCondition, nameOf: (id: string) => string | undefined): ObservedCondition {
  return { condition, about: about === undefined ? undefined : (nameOf(about) ?? about) };
}
