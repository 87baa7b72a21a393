// The responder of one interface (engine): answers neighbours that ask for the addresses given to it, as a host does for its own (RFC 826,
// RFC 4861 §7.2.4), and announces what it takes (RFC 5227 §2.3, RFC 4861 §7.2.6). It falls silent for an address in the very step that
// takes it away.
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import { isUnicastMac, type Mac } from '#shared/net/mac.ts';
import {
  emptySchedule,
  nextDueMs,
  schedule,
  takeDue,
  unschedule,
  unscheduleAll,
  type AnnouncementSchedule,
} from './announcement-schedule.ts';
import { arpProtocol } from './arp-protocol.ts';
import { ndpProtocol } from './ndp-protocol.ts';
import type { NeighbourMessage, NeighbourProtocol } from './neighbour-protocol.ts';

export const neighbourProtocols: Readonly<Record<Family, NeighbourProtocol>> = { IPv4: arpProtocol, IPv6: ndpProtocol };

export interface ResponderState {
  readonly mac: Mac;
  readonly carrier: boolean;
  /** It neither answers nor announces for the time being. */
  readonly muted: boolean;
  /** Large, and changed in place. */
  readonly answered: Set<Ip>;
  readonly schedule: AnnouncementSchedule;
}

/** Of what was taken: all rounds, the first one, or nothing at all. */
export type Announcing = 'schedule' | 'once' | 'none';

export type ResponderEvent = { readonly nowMs: number } & (
  | { readonly kind: 'answer'; readonly addresses: readonly Ip[]; readonly announce: Announcing }
  | { readonly kind: 'silence'; readonly addresses: readonly Ip[] }
  /** The interface as it is now; told on every change of it. */
  | { readonly kind: 'link'; readonly mac: Mac; readonly carrier: boolean }
  /** The interface got an address of its own (back): neighbours may have forgotten what they knew. */
  | { readonly kind: 'renewed' }
  /** Somebody said something to this station or to all. */
  | { readonly kind: 'message'; readonly message: NeighbourMessage; readonly protocol: NeighbourProtocol }
  | { readonly kind: 'mute' | 'unmute' }
  | { readonly kind: 'wake' }
);

export type ResponderEffect =
  | { readonly kind: 'send'; readonly form: 'reply' | 'announcement'; readonly ip: Ip; readonly bytes: Uint8Array }
  /** Come back with `wake` then; replaces an earlier one. */
  | { readonly kind: 'wakeAt'; readonly atMs: number };

interface ResponderStep {
  readonly state: ResponderState;
  readonly effects: readonly ResponderEffect[];
}

export function initialResponder(mac: Mac, carrier: boolean, nowMs: number): ResponderState {
  return { mac, carrier, muted: false, answered: new Set(), schedule: emptySchedule(nowMs) };
}

export function stepResponder(state: ResponderState, event: ResponderEvent): ResponderStep {
  switch (event.kind) {
    case 'answer':
      for (const ip of event.addresses) state.answered.add(ip);
      return announceDue(announcing(state, event.addresses, event.announce, event.nowMs), event.nowMs);
    case 'silence':
      for (const ip of event.addresses) state.answered.delete(ip);
      unschedule(state.schedule, event.addresses);
      return { state, effects: [] };
    case 'link':
      return onLink(state, event);
    case 'renewed':
      return announceDue(announcing(state, [...state.answered], 'schedule', event.nowMs), event.nowMs);
    case 'message':
      return onMessage(state, event);
    case 'mute':
    case 'unmute':
      return announceDue({ ...state, muted: event.kind === 'mute' }, event.nowMs);
    case 'wake':
      return announceDue(state, event.nowMs);
  }
}

/** A new MAC or a returned carrier makes what neighbours know wrong or doubtful; a lost carrier makes talking pointless. */
function onLink(state: ResponderState, { mac, carrier, nowMs }: Extract<ResponderEvent, { kind: 'link' }>) {
  if (mac === state.mac && carrier === state.carrier) return { state, effects: [] };
  const changed = { ...state, mac, carrier, schedule: unscheduleAll(state.schedule) };
  return announceDue(announcing(changed, [...state.answered], 'schedule', nowMs), nowMs);
}

function announcing(state: ResponderState, addresses: readonly Ip[], how: Announcing, nowMs: number): ResponderState {
  if (!state.carrier || how === 'none') return state;
  const rounds = how === 'schedule' ? 'all' : 'first';
  return { ...state, schedule: schedule(state.schedule, addresses, rounds, nowMs) };
}

function announceDue(state: ResponderState, nowMs: number): ResponderStep {
  if (state.muted) return { state, effects: [] };
  const { schedule: rest, due } = takeDue(state.schedule, nowMs);
  const effects: ResponderEffect[] = due.flatMap((ip) => {
    const frames = neighbourProtocols[familyOf(ip)].announcement(state.mac, ip);
    return frames.map((bytes) => ({ kind: 'send', form: 'announcement', ip, bytes }) as const);
  });
  const atMs = nextDueMs(rest, nowMs);
  if (atMs !== undefined) effects.push({ kind: 'wakeAt', atMs });
  return { state: { ...state, schedule: rest }, effects };
}

function onMessage(state: ResponderState, { message, protocol }: Extract<ResponderEvent, { kind: 'message' }>) {
  if (!isAnswered(state, message)) return { state, effects: [] };
  const answer = protocol.answer(state.mac, message);
  return { state, effects: [{ kind: 'send', form: 'reply', ip: message.target, bytes: answer } as const] };
}

/** A probe by one who does not have the address yet (RFC 5227 §2.1.1, RFC 4862 §5.4) is answered: so the address is defended. */
function isAnswered(
  { mac, carrier, muted, answered }: ResponderState,
  { asks, mac: asker, ip, target, sentTo }: NeighbourMessage,
): boolean {
  return (
    carrier &&
    !muted &&
    asks &&
    answered.has(target) &&
    sentTo !== 'others' &&
    isUnicastMac(asker) &&
    asker !== mac &&
    ip !== target
  );
}
