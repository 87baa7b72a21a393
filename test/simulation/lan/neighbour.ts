// One entry of the neighbour cache of a Linux host (pure), by net/core/neighbour.c: how it is resolved, believed, doubted and given up
// (RFC 4861 §7.3 in the kernel's reading; ARP and NDP share it).
import { uniform, type Random } from '#shared/runtime/random.ts';

/** All in microseconds. */
export interface NeighbourTimes {
  /** Believed so long after it was confirmed (drawn from half to one and a half times base_reachable_time). */
  readonly reachableUs: number;
  /** Used so long after it was doubted before it is asked (delay_first_probe_time). */
  readonly delayUs: number;
  /** Between two questions (retrans_time). */
  readonly retransmitUs: number;
  /** What was learnt stands so long against other answers (locktime). */
  readonly lockUs: number;
}

const baseReachableMs = 30_000;

/** The kernel's defaults, with the time that it draws. */
export function linuxTimes(random: Random): NeighbourTimes {
  return {
    reachableUs: uniform(random, baseReachableMs / 2, (baseReachableMs * 3) / 2) * 1000,
    delayUs: 5_000_000,
    retransmitUs: 1_000_000,
    lockUs: 1_000_000,
  };
}

/** Unicast to who is known (ucast_solicit), broadcast to find who is not (mcast_solicit). */
const mostQuestions = 3;

export type Neighbour = Unresolved | Asking | Resolved;

interface Unresolved {
  /** `none`: there is no entry. */
  readonly state: 'none' | 'failed';
}

interface Asking {
  readonly state: 'incomplete';
  readonly questions: number;
  readonly usedUs: number;
  readonly timerUs: number;
}

interface Resolved {
  readonly state: 'reachable' | 'stale' | 'delay' | 'probe';
  readonly mac: number;
  readonly updatedUs: number;
  readonly confirmedUs: number;
  /** Last, while it was not believed without doubt. */
  readonly usedUs: number;
  /** Sent in this state. */
  readonly questions: number;
  /** When `timer` is to come; Infinity: never. */
  readonly timerUs: number;
}

export type NeighbourEvent =
  /** There is a packet for it. */
  | { readonly kind: 'used' }
  | { readonly kind: 'timer' }
  /** Somebody says, asked or not, who has the address. */
  | {
      readonly kind: 'learnt';
      readonly mac: number;
      /** It answers us, so it hears us. */
      readonly confirms: boolean;
      /** `weakly`: who is believed is doubted, and stays (NEIGH_UPDATE_F_WEAK_OVERRIDE). */
      readonly overrides: 'always' | 'after lock time' | 'weakly' | 'never';
      /** False: an entry that was given up stays so. */
      readonly creates?: false;
    };

export interface NeighbourStep {
  readonly neighbour: Neighbour;
  /** Ask the LAN, or the one who is known. */
  readonly ask?: 'broadcast' | 'unicast';
}

export const noNeighbour: Neighbour = { state: 'none' };

export function stepNeighbour(
  neighbour: Neighbour,
  event: NeighbourEvent,
  nowUs: number,
  times: NeighbourTimes,
): NeighbourStep {
  switch (event.kind) {
    case 'used':
      return use(neighbour, nowUs, times);
    case 'timer':
      return expire(neighbour, nowUs, times);
    case 'learnt':
      return { neighbour: learn(neighbour, event, nowUs, times) };
  }
}

/** neigh_event_send(). */
function use(neighbour: Neighbour, nowUs: number, { delayUs, retransmitUs }: NeighbourTimes): NeighbourStep {
  switch (neighbour.state) {
    case 'none':
    case 'failed':
      return {
        neighbour: { state: 'incomplete', questions: 1, usedUs: nowUs, timerUs: nowUs + retransmitUs },
        ask: 'broadcast',
      };
    case 'stale':
      return { neighbour: { ...neighbour, state: 'delay', updatedUs: nowUs, usedUs: nowUs, timerUs: nowUs + delayUs } };
    case 'incomplete':
    case 'delay':
    case 'probe':
      return { neighbour: { ...neighbour, usedUs: nowUs } };
    case 'reachable':
      return { neighbour };
  }
}

/** neigh_timer_handler(). */
function expire(neighbour: Neighbour, nowUs: number, times: NeighbourTimes): NeighbourStep {
  const { reachableUs, delayUs, retransmitUs } = times;
  switch (neighbour.state) {
    case 'none':
    case 'failed':
    case 'stale':
      return { neighbour };
    case 'incomplete':
    case 'probe': {
      const { questions } = neighbour;
      if (questions >= mostQuestions) return { neighbour: { state: 'failed' } };
      const ask = neighbour.state === 'probe' ? 'unicast' : 'broadcast';
      return { neighbour: { ...neighbour, questions: questions + 1, timerUs: nowUs + retransmitUs }, ask };
    }
    case 'reachable': {
      const untilUs = neighbour.confirmedUs + reachableUs;
      if (nowUs < untilUs) return { neighbour: { ...neighbour, timerUs: untilUs } };
      if (nowUs <= neighbour.usedUs + delayUs) {
        return { neighbour: { ...neighbour, state: 'delay', updatedUs: nowUs, timerUs: nowUs + delayUs } };
      }
      return { neighbour: { ...neighbour, state: 'stale', updatedUs: nowUs, timerUs: Infinity } };
    }
    case 'delay': {
      const updated = { ...neighbour, updatedUs: nowUs };
      if (nowUs < neighbour.confirmedUs + delayUs) {
        return { neighbour: { ...updated, state: 'reachable', timerUs: neighbour.confirmedUs + reachableUs } };
      }
      return { neighbour: { ...updated, state: 'probe', questions: 1, timerUs: nowUs + retransmitUs }, ask: 'unicast' };
    }
  }
}

/** neigh_update(). */
function learn(
  neighbour: Neighbour,
  { mac, confirms, overrides, creates }: Extract<NeighbourEvent, { kind: 'learnt' }>,
  nowUs: number,
  { reachableUs, lockUs }: NeighbourTimes,
): Neighbour {
  const timerUs = confirms ? nowUs + reachableUs : Infinity;
  switch (neighbour.state) {
    case 'none':
      return neighbour;
    case 'failed':
    case 'incomplete': {
      if (neighbour.state === 'failed' && creates === false) return neighbour;
      const usedUs = 'usedUs' in neighbour ? neighbour.usedUs : -Infinity;
      const confirmedUs = confirms ? nowUs : -Infinity;
      const state = confirms ? 'reachable' : 'stale';
      return { state, mac, updatedUs: nowUs, confirmedUs, usedUs, questions: 0, timerUs };
    }
    case 'reachable':
    case 'stale':
    case 'delay':
    case 'probe': {
      // The kernel notes the confirmation before it asks who sent it.
      const known = confirms ? { ...neighbour, confirmedUs: nowUs } : neighbour;
      const isSame = mac === known.mac;
      const mayOverride =
        overrides === 'always' || (overrides === 'after lock time' && nowUs > known.updatedUs + lockUs);
      if (!isSame && !mayOverride) {
        const isDoubted = overrides === 'weakly' && known.state === 'reachable';
        return isDoubted ? { ...known, state: 'stale', updatedUs: nowUs, timerUs: Infinity } : known;
      }
      const state = confirms ? 'reachable' : isSame ? known.state : 'stale';
      if (isSame && state === known.state) return known;
      const confirmedUs = isSame || confirms ? known.confirmedUs : -Infinity;
      const timer = state === known.state ? known.timerUs : timerUs;
      // Measured: an answer counts as a use.
      const usedUs = confirms ? nowUs : known.usedUs;
      return { state, mac, updatedUs: nowUs, confirmedUs, usedUs, questions: 0, timerUs: timer };
    }
  }
}
