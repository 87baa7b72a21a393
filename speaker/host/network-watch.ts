// Keeps a view of interfaces, addresses and gateways in step with the kernel (engine): dumps of everything at the start, after lost or
// inconsistent messages and each minute, events between them. Events that arrive during a dump are applied after it.
import { WireError } from '#shared/net/wire-error.ts';
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Step, TimerEvent } from '#shared/runtime/runner.ts';
import { linux } from './linux.ts';
import { addressHeaderLength } from './netlink-address.ts';
import { linkHeaderLength } from './netlink-link.ts';
import { routeHeaderLength } from './netlink-route.ts';
import { decodeNetlink, encodeDumpRequest, type NetlinkMessage } from './netlink.ts';
import { applyMessages, emptyView, type NetworkView } from './network-view.ts';

const repairMs = 60_000;
/** A dump that failed is not asked for again in the same turn: the kernel may fail it as fast as we ask. */
const retryMs = 100;
/** More events than this during one dump: it begins anew instead. */
export const maxWaitingEvents = 10_000;

const dumps = [
  { type: linux.RTM_GETLINK, payloadLength: linkHeaderLength },
  { type: linux.RTM_GETADDR, payloadLength: addressHeaderLength },
  { type: linux.RTM_GETROUTE, payloadLength: routeHeaderLength },
] as const;

interface Dump {
  /** Index in `dumps` of what is awaited. */
  readonly stage: number;
  readonly view: NetworkView;
  readonly waiting: readonly NetlinkMessage[];
}

export interface NetworkWatchState {
  readonly view: NetworkView;
  readonly dump: Dump | undefined;
  /** Of the last request. */
  readonly sequence: number;
}

export type NetworkWatchEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'received'; readonly datagram: Uint8Array }
  /** The kernel had to throw messages away. */
  | { readonly kind: 'overflow' };

export type NetworkWatchEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'changed'; readonly view: NetworkView };

type NetworkWatchStep = Step<NetworkWatchState, NetworkWatchEffect>;

export const initialNetworkWatch: NetworkWatchState = { view: emptyView, dump: undefined, sequence: 0 };

export function stepNetworkWatch(state: NetworkWatchState, event: NetworkWatchEvent | TimerEvent): NetworkWatchStep {
  switch (event.kind) {
    case 'start':
    case 'timer':
      return beginDump(state);
    case 'overflow':
      return dumpLater(state);
    case 'received':
      return onDatagram(state, event.datagram);
  }
}

function beginDump(state: NetworkWatchState): NetworkWatchStep {
  const { state: next, effects } = ask(state, { stage: 0, view: emptyView, waiting: [] });
  return { state: next, effects: [...effects, { kind: 'arm', timer: 'dump', delayMs: repairMs }] };
}

/** What was known stays in force meanwhile. */
function dumpLater(state: NetworkWatchState): NetworkWatchStep {
  return { state: { ...state, dump: undefined }, effects: [{ kind: 'arm', timer: 'dump', delayMs: retryMs }] };
}

function ask(state: NetworkWatchState, dump: Dump): NetworkWatchStep {
  const request = dumps[dump.stage];
  if (request === undefined) return commit(state, applyMessages(dump.view, dump.waiting));
  const sequence = (state.sequence + 1) >>> 0;
  const bytes = encodeDumpRequest(request.type, request.payloadLength, sequence);
  return { state: { ...state, dump, sequence }, effects: [{ kind: 'send', bytes }] };
}

function commit(state: NetworkWatchState, view: NetworkView): NetworkWatchStep {
  const next = { ...state, dump: undefined, view };
  return { state: next, effects: deepEqual(state.view, view) ? [] : [{ kind: 'changed', view }] };
}

function onDatagram(state: NetworkWatchState, datagram: Uint8Array): NetworkWatchStep {
  try {
    const messages = decodeNetlink(datagram);
    const answers = messages.filter((message) => isAnswer(state, message));
    const events = messages.filter((message) => !isAnswer(state, message));
    const { state: next, effects } = onEvents(state, events);
    const after = answers.length === 0 ? { state: next, effects: [] } : onAnswers(next, answers);
    return { state: after.state, effects: [...effects, ...after.effects] };
  } catch (error) {
    // What cannot be read may have been about anything.
    if (error instanceof WireError) return dumpLater(state);
    throw error;
  }
}

/** Events never carry NLM_F_MULTI; those of a change that some program asked for carry that program's sequence number. */
function isAnswer({ sequence }: NetworkWatchState, message: NetlinkMessage): boolean {
  const belongs = message.type === linux.NLMSG_ERROR || (message.flags & linux.NLM_F_MULTI) !== 0;
  return belongs && message.sequence === sequence;
}

function onEvents(state: NetworkWatchState, events: readonly NetlinkMessage[]): NetworkWatchStep {
  if (events.length === 0) return { state, effects: [] };
  if (state.dump === undefined) return commit(state, applyMessages(state.view, events));
  const waiting = [...state.dump.waiting, ...events];
  if (waiting.length > maxWaitingEvents) return dumpLater(state);
  return { state: { ...state, dump: { ...state.dump, waiting } }, effects: [] };
}

function onAnswers(state: NetworkWatchState, answers: readonly NetlinkMessage[]): NetworkWatchStep {
  if (state.dump === undefined) return { state, effects: [] };
  if (answers.some(isBroken)) return dumpLater(state);
  const dump = { ...state.dump, view: applyMessages(state.dump.view, answers) };
  const isDone = answers.some(({ type }) => type === linux.NLMSG_DONE);
  return isDone ? ask(state, { ...dump, stage: dump.stage + 1 }) : { state: { ...state, dump }, effects: [] };
}

/** Refused, or begun before and ended after a change: no state of any moment. */
function isBroken({ type, flags }: NetlinkMessage): boolean {
  return type === linux.NLMSG_ERROR || (flags & linux.NLM_F_DUMP_INTR) !== 0;
}
