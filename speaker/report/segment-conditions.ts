// Conditions of the LANs of this node, for its ConfigurationState (layer2 §10): SegmentsReady always, the others only while they are true. Each
// says what to do about it.
import type { DesiredCondition } from '#shared/config/condition.ts';
import type { ObservedCondition, ObservedForeignClaim, ObservedSegment, WireObserved } from '../seam.ts';
import { strictArpAdvice } from './address-problems.ts';

const longestMessage = 1_024;
const mostNames = 20;

/** Whether this node can announce at all, what it sees on each LAN, and what it still lacks. `isAsked`: something is to be announced on LANs. */
export function segmentsReady(observation: WireObserved, isAsked: boolean): DesiredCondition {
  if (!isAsked) {
    const message = 'no LAN is joined, as there is no L2Advertisement';
    return { type: 'SegmentsReady', status: 'False', reason: 'NotAsked', message };
  }
  const { segments, interfaces, problems } = observation;
  const ready = segments.some(({ phase }) => phase === 'joined');
  const closed = interfaces
    .filter(({ open, reason }) => !open && reason !== undefined)
    .map(({ name, reason }) => `${name}: ${reason}`);
  const lans = segments.map(segmentLine).toSorted();
  const says = ready
    ? [...lans, ...problems]
    : ['no interface can announce', ...lans, ...closed.toSorted(), ...problems];
  return {
    type: 'SegmentsReady',
    status: ready ? 'True' : 'False',
    reason: ready ? 'Ready' : 'NoSegment',
    message: says.join('; ').slice(0, longestMessage),
  };
}

const phaseTexts: Readonly<Record<Exclude<ObservedSegment['phase'], 'joined'>, string>> = {
  waiting: 'waiting for what the cluster says',
  joining: 'listening for other speakers',
  noCarrier: 'no carrier',
  shadow: 'idle, as another interface leads to the same LAN',
};

function segmentLine({ segment, phase, members: counts }: ObservedSegment): string {
  if (phase !== 'joined') return `${segment}: ${phaseTexts[phase]}`;
  const { up = 0, suspect = 0, speakerDown = 0, down = 0, joining = 0 } = counts;
  const rare = [
    ...(joining > 0 ? [`${joining} joining`] : []),
    ...(speakerDown > 0 ? [`${speakerDown} without speaker`] : []),
    ...(down > 0 ? [`${down} down`] : []),
  ];
  const members = `${up + suspect} ${up + suspect === 1 ? 'member' : 'members'}`;
  return `${segment}: ${[members, `${suspect} suspect`, ...rare].join(', ')}`;
}

interface Kind {
  readonly type: string;
  readonly reason: string;
  /** `names`: of nodes, addresses or interfaces, each with its segment. */
  readonly message: (names: string) => string;
}

const kinds: Readonly<Record<ObservedCondition['condition'], Kind>> = {
  segmentSilent: {
    type: 'SegmentSilent',
    reason: 'NobodyHeard',
    message: (names) =>
      `no other speaker was ever heard on ${names}: let UDP port 7946 (--segment-port) and multicast pass between the nodes; ` +
      'addresses are taken only after probing',
  },
  probePathBlocked: {
    type: 'ProbePathBlocked',
    reason: 'BeatsFiltered',
    message: (names) => `the speaker answers ARP, but its UDP does not arrive: let UDP pass from ${names}`,
  },
  kernelProbeUnanswered: {
    type: 'KernelProbeUnanswered',
    reason: 'KernelSilent',
    message: (names) =>
      `the kernel does not answer ARP for its own address, so failures are noticed later: set arp_ignore below 8 on ${names}`,
  },
  moveBudgetExhausted: {
    type: 'MoveBudgetExhausted',
    reason: 'MovedTooOften',
    message: (names) =>
      `moved 3 times within 180 s and stays where it is for now: find out what keeps changing around ${names}`,
  },
  sameLan: {
    type: 'SameLan',
    reason: 'TwoInterfacesOnOneLan',
    message: (names) =>
      `two interfaces lead to the same LAN: ${names} is left out; exclude it with announcedInterfacesToExclude, or separate the LANs`,
  },
};

/** Present only while they are true. */
export function lanConditions({ segments }: WireObserved): readonly DesiredCondition[] {
  const abouts = Map.groupBy(
    segments.flatMap(({ segment, conditions }) =>
      conditions.map(({ condition, about }) => ({
        condition,
        name: about === undefined || about === segment ? segment : `${about} (${segment})`,
      })),
    ),
    ({ condition }) => condition,
  );
  const ofSegments = [...abouts].map(([condition, found]) => {
    const { type, reason, message } = kinds[condition];
    return holds(type, reason, message(listed(found.map(({ name }) => name))));
  });
  const claims = segments.flatMap(({ segment, foreignClaims }) =>
    foreignClaims.map((claim) => ({ ...claim, segment })),
  );
  return [
    ...ofSegments,
    ...claimed(claims, 'probing', {
      type: 'AddressInUse',
      reason: 'ForeignStation',
      message: (names) =>
        `not announced, as a station that is no speaker has it: free the address there, or take it out of the pool: ${names}`,
    }),
    ...claimed(claims, 'owning', {
      type: 'Conflict',
      reason: 'ForeignClaim',
      message: (names) =>
        `announced and defended, but a station that is no speaker claims it too: free it there, or take it out of the pool: ${names}`,
    }),
  ];
}

type Claim = ObservedForeignClaim & { readonly segment: string };

function claimed(
  claims: readonly Claim[],
  phase: ObservedForeignClaim['while'],
  { type, reason, message }: Kind,
): readonly DesiredCondition[] {
  const names = claims
    .filter((claim) => claim.while === phase)
    .map(({ ip, mac, segment }) => `${ip} at ${mac} (${segment})`);
  return names.length === 0 ? [] : [holds(type, reason, message(listed(names)))];
}

/** `segments`: on which the kernel of this node answers for every address. */
export function strictArpNeeded(segments: readonly string[]): readonly DesiredCondition[] {
  if (segments.length === 0) return [];
  const message = `addresses lie on kube-ipvs0, and on ${listed(segments)} ${strictArpAdvice}`;
  return [holds('StrictArpNeeded', 'KernelAnswersForAll', message)];
}

/** `directory`: where the keys were looked for. */
export function segmentKeyMissing(directory: string): DesiredCondition {
  return holds(
    'SegmentKeyMissing',
    'NoKey',
    `no LAN is joined and nothing is announced: ${directory}/current is missing or has less than 32 bytes; ` +
      'make the Secret ingot-segment-key with a key "current" and mount it there (see the install Job)',
  );
}

export function statusContended(names: readonly string[]): readonly DesiredCondition[] {
  if (names.length === 0) return [];
  const message = `another speaker keeps replacing ${listed(names)}: left alone for 10 min`;
  return [holds('StatusContended', 'ReplacedByAnotherNode', message)];
}

function holds(type: string, reason: string, message: string): DesiredCondition {
  return { type, status: 'True', reason, message: message.slice(0, longestMessage) };
}

function listed(names: readonly string[]): string {
  const distinct = [...new Set(names)].toSorted();
  const more = distinct.length - mostNames;
  return `${distinct.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
