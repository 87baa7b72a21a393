// The responder of one interface (engine): answers ARP requests for the addresses given to it, as RFC 826 has a host do for its own, and
// announces what it takes (RFC 5227 §2.3). It falls silent for an address in the very step that takes it away.
import type { Ip } from '#shared/net/ip.ts';
import { broadcastMac, isUnicastMac, type Mac } from '#shared/net/mac.ts';
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
import {
  arpAnnouncementReply,
  arpAnnouncementRequest,
  arpOperations,
  arpReply,
  decodeArpFrame,
  encodeArpFrame,
  type ArpFrame,
} from './arp.ts';

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
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** This thread did not run for a while: somebody else may have been given what it had. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'wake'; readonly nowMs: number };

export type ResponderEffect =
  | { readonly kind: 'send'; readonly form: 'reply' | 'announcement'; readonly ip: Ip; readonly bytes: Uint8Array }
  /** Come back with `wake` then; replaces an earlier one. */
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  /** Throw away what has been received and not yet delivered. */
  | { readonly kind: 'discardReceived' }
  /** The frame was no ARP for IPv4 over Ethernet. */
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
      return onFrame(state, event.bytes);
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
  const effects: ResponderEffect[] = due.flatMap((ip) => [
    send('announcement', ip, arpAnnouncementRequest(state.mac, ip)),
    send('announcement', ip, arpAnnouncementReply(state.mac, ip)),
  ]);
  const atMs = nextDueMs(rest, nowMs);
  if (atMs !== undefined) effects.push({ kind: 'wakeAt', atMs });
  return { state: { ...state, schedule: rest }, effects };
}

function onFrame(state: ResponderState, bytes: Uint8Array): ResponderStep {
  let frame: ArpFrame;
  try {
    frame = decodeArpFrame(bytes);
  } catch (error) {
    if (error instanceof WireError) return { state, effects: [{ kind: 'malformed' }] };
    throw error;
  }
  if (!isAnswered(state, frame)) return { state, effects: [] };
  return { state, effects: [send('reply', frame.arp.targetIp, arpReply(state.mac, frame.arp))] };
}

/** A sender address of 0.0.0.0 is the probe of RFC 5227 §2.1.1: answering it is how the address is defended. */
function isAnswered({ mac, carrier, schedule: { batchOf } }: ResponderState, { ethernet, arp }: ArpFrame): boolean {
  return (
    carrier &&
    arp.operation === arpOperations.request &&
    batchOf.has(arp.targetIp) &&
    (ethernet.destination === broadcastMac || ethernet.destination === mac) &&
    isUnicastMac(arp.senderMac) &&
    arp.senderMac !== mac &&
    arp.senderIp !== arp.targetIp
  );
}

function send(form: 'reply' | 'announcement', ip: Ip, frame: ArpFrame): ResponderEffect {
  return { kind: 'send', form, ip, bytes: encodeArpFrame(frame) };
}
