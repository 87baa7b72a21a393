// The responder of one interface (engine): answers neighbours that ask for the addresses given to it, as a host does for its own (RFC 826,
// RFC 4861 §7.2.4), and announces what it takes (RFC 5227 §2.3, RFC 4861 §7.2.6). It falls silent for an address in the very step that
// takes it away.
import { familyOf, type Family, type Ip } from '#shared/net/ip.ts';
import { isUnicastMac, type Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import {
  emptySchedule,
  nextDueMs,
  rescheduleAll,
  schedule,
  suspend,
  takeDue,
  type AnnouncementSchedule,
} from './announcement-schedule.ts';
import { arpProtocol } from './arp-protocol.ts';
import { ndpProtocol } from './ndp-protocol.ts';
import type { NeighbourMessage, NeighbourProtocol } from './neighbour-protocol.ts';

export const neighbourProtocols: Readonly<Record<Family, NeighbourProtocol>> = { IPv4: arpProtocol, IPv6: ndpProtocol };

export interface ResponderState {
  readonly mac: Mac;
  readonly carrier: boolean;
  readonly schedule: AnnouncementSchedule;
}

export type ResponderEvent =
  /** All addresses that are to be answered here, most important first. */
  | { readonly kind: 'set'; readonly addresses: readonly Ip[]; readonly nowMs: number }
  /** The interface as it is now; told on every change of it. */
  | { readonly kind: 'link'; readonly mac: Mac; readonly carrier: boolean; readonly nowMs: number }
  /** The interface got an address of its own (back): neighbours may have forgotten what they knew. */
  | { readonly kind: 'renewed'; readonly nowMs: number }
  /** It came to the socket of the family's protocol. */
  | { readonly kind: 'frame'; readonly family: Family; readonly bytes: Uint8Array }
  /** This thread did not run for a while: somebody else may have been given what it had. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'wake'; readonly nowMs: number };

export type ResponderEffect =
  | { readonly kind: 'send'; readonly form: 'reply' | 'announcement'; readonly ip: Ip; readonly bytes: Uint8Array }
  /** Come back with `wake` then; replaces an earlier one. */
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  /** Throw away what has been received and not yet delivered. */
  | { readonly kind: 'discardReceived' }
  /** The frame was nothing that its protocol has a host read. */
  | { readonly kind: 'malformed' };

interface ResponderStep {
  readonly state: ResponderState;
  readonly effects: readonly ResponderEffect[];
}

export function initialResponder(mac: Mac, carrier: boolean, nowMs: number): ResponderState {
  return { mac, carrier, schedule: emptySchedule(nowMs) };
}

export function stepResponder(state: ResponderState, event: ResponderEvent): ResponderStep {
  switch (event.kind) {
    case 'set':
      return announceDue(reschedule(state, schedule(state.schedule, event.addresses, event.nowMs)), event.nowMs);
    case 'link':
      return onLink(state, event.mac, event.carrier, event.nowMs);
    case 'renewed':
      return announceDue(reschedule(state, rescheduleAll(state.schedule, event.nowMs)), event.nowMs);
    case 'frame':
      return onFrame(state, neighbourProtocols[event.family], event.bytes);
    case 'gap':
      return { state, effects: [{ kind: 'discardReceived' }] };
    case 'wake':
      return announceDue(state, event.nowMs);
  }
}

/** A new MAC or a returned carrier makes what neighbours know wrong or doubtful; a lost carrier makes talking pointless. */
function onLink(state: ResponderState, mac: Mac, carrier: boolean, nowMs: number): ResponderStep {
  if (mac === state.mac && carrier === state.carrier) return { state, effects: [] };
  const changed = { ...state, mac, carrier };
  return announceDue(reschedule(changed, rescheduleAll(state.schedule, nowMs)), nowMs);
}

function reschedule(state: ResponderState, next: AnnouncementSchedule): ResponderState {
  return { ...state, schedule: state.carrier ? next : suspend(next) };
}

function announceDue(state: ResponderState, nowMs: number): ResponderStep {
  const { schedule: rest, due } = takeDue(state.schedule, nowMs);
  const effects: ResponderEffect[] = due.flatMap((ip) => {
    const frames = neighbourProtocols[familyOf(ip)].announcement(state.mac, ip);
    return frames.map((bytes) => ({ kind: 'send', form: 'announcement', ip, bytes }) as const);
  });
  const atMs = nextDueMs(rest, nowMs);
  if (atMs !== undefined) effects.push({ kind: 'wakeAt', atMs });
  return { state: { ...state, schedule: rest }, effects };
}

function onFrame(state: ResponderState, protocol: NeighbourProtocol, bytes: Uint8Array): ResponderStep {
  let message: NeighbourMessage;
  try {
    message = protocol.read(bytes, state.mac);
  } catch (error) {
    if (error instanceof WireError) return { state, effects: [{ kind: 'malformed' }] };
    throw error;
  }
  if (!isAnswered(state, message)) return { state, effects: [] };
  const answer = protocol.answer(state.mac, message);
  return { state, effects: [{ kind: 'send', form: 'reply', ip: message.target, bytes: answer }] };
}

/** A probe by one who does not have the address yet (RFC 5227 §2.1.1, RFC 4862 §5.4) is answered: so the address is defended. */
function isAnswered(
  { mac, carrier, schedule: { batchOf } }: ResponderState,
  { asks, mac: asker, ip, target, sentTo }: NeighbourMessage,
): boolean {
  return (
    carrier &&
    asks &&
    batchOf.has(target) &&
    sentTo !== 'others' &&
    isUnicastMac(asker) &&
    asker !== mac &&
    ip !== target
  );
}
