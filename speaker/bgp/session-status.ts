// What can be seen of a session: its state, what both sides agreed on, what the peer holds, and counts for metrics.
import type { Family } from '#shared/net/ip.ts';
import { errorNumbers } from './error-codes.ts';
import type { MessageKind } from './message.ts';
import type { Negotiated, OpenMemory } from './negotiation.ts';
import { describeNotification, type NotificationMessage } from './notification.ts';
import type { Addresses, EndCause, RfcState } from './peer-state.ts';
import type { RoutesStatus } from './routes-out.ts';
import type { UpdateOutcome } from './update.ts';

export interface SessionStatus extends RoutesStatus {
  readonly name: string;
  readonly state: RfcState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** While Established. */
  readonly negotiated: Negotiated | undefined;
  readonly addresses: Addresses | undefined;
  /** Why the last attempt or session ended; undefined: none has. */
  readonly lastError: string | undefined;
  /** What of our OPEN the peer could not bear. */
  readonly refused: Pick<OpenMemory, 'shortHoldRefused' | 'omitted'>;
  readonly unsentOctets: number;
  readonly counters: SessionCounters;
}

/** Since the session was configured. */
export interface SessionCounters {
  readonly sent: Readonly<Record<MessageKind, number>>;
  readonly received: Readonly<Record<MessageKind, number>>;
  /** By code and subcode, as `6/2`; `6/other` and `other/other` are what no RFC has. */
  readonly notificationsSent: ReadonlyMap<string, number>;
  readonly notificationsReceived: ReadonlyMap<string, number>;
  /** Established sessions that ended, by why. */
  readonly resets: ReadonlyMap<string, number>;
  /** By family and `announced`, `withdrawn` or `ignored`, as `IPv4 announced`. */
  readonly receivedPrefixes: ReadonlyMap<string, number>;
  /** UPDATEs that were wrong, by what became of them. */
  readonly updateErrors: ReadonlyMap<string, number>;
}

const noMessages: Readonly<Record<MessageKind, number>> = {
  open: 0,
  update: 0,
  notification: 0,
  keepalive: 0,
  routeRefresh: 0,
};

export class SessionCounts implements SessionCounters {
  readonly sent = { ...noMessages };
  readonly received = { ...noMessages };
  readonly notificationsSent = new Map<string, number>();
  readonly notificationsReceived = new Map<string, number>();
  readonly resets = new Map<string, number>();
  readonly receivedPrefixes = new Map<string, number>();
  readonly updateErrors = new Map<string, number>();

  update({ routes, consequence }: UpdateOutcome): void {
    for (const { afi, field, count } of routes) {
      if (count === undefined) continue;
      const family: Family = afi === 1 ? 'IPv4' : 'IPv6';
      add(this.receivedPrefixes, `${family} ${field}`, count.usable);
      if (count.ignored > 0) add(this.receivedPrefixes, `${family} ignored`, count.ignored);
    }
    if (consequence !== undefined) add(this.updateErrors, consequence, 1);
  }

  ended(wasEstablished: boolean, cause: EndCause): void {
    if (cause.kind === 'sent') add(this.notificationsSent, codesOf(cause.notification), 1);
    if (cause.kind === 'received') add(this.notificationsReceived, codesOf(cause.notification), 1);
    if (wasEstablished) add(this.resets, resetReason(cause), 1);
  }
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}

function codesOf({ code, subcode }: NotificationMessage): string {
  return errorNumbers(code, subcode);
}

/** From a fixed set, whatever the peer says. */
function resetReason(cause: EndCause): string {
  switch (cause.kind) {
    case 'sent':
    case 'received':
      return `${cause.kind} ${codesOf(cause.notification)}`;
    case 'tcp':
      return 'tcp';
    case 'silent':
      return 'closed';
  }
}

/** For people. */
export function causeInWords(cause: EndCause): string {
  switch (cause.kind) {
    case 'sent':
      return cause.why;
    case 'received':
      return `peer: ${describeNotification(cause.notification)}`;
    case 'tcp':
      return cause.error;
    case 'silent':
      return cause.why;
  }
}
