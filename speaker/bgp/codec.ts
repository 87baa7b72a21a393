// One entry to all codecs: from a message to its octets, and from a frame to what it says.
import { within } from './bgp-error.ts';
import { errorCodes, headerErrors } from './error-codes.ts';
import { encodeFrame, keepalive, type Frame } from './message.ts';
import { decodeNotificationBody, encodeNotificationBody, type NotificationMessage } from './notification.ts';
import { decodeOpenBody, encodeOpenBody, type OpenMessage } from './open.ts';
import { decodeRouteRefreshBody, encodeRouteRefreshBody, type RouteRefreshMessage } from './route-refresh.ts';
import {
  decodeUpdateBody,
  encodeUpdateBody,
  type UpdateContext,
  type UpdateMessage,
  type UpdateOutcome,
} from './update.ts';

export type Message =
  | OpenMessage
  | UpdateMessage
  | NotificationMessage
  | { readonly kind: 'keepalive' }
  | RouteRefreshMessage;

/** An UPDATE comes with its judgement. */
export type Received = Exclude<Message, UpdateMessage> | { readonly kind: 'update'; readonly outcome: UpdateOutcome };

/** What the meaning of messages depends on, as far as it has been negotiated. */
export interface MessageContext extends UpdateContext {
  /** The peer offered Enhanced Route Refresh. */
  readonly enhancedRouteRefresh: boolean;
}

export function encodeMessage(message: Message, context: Pick<MessageContext, 'fourOctetAs' | 'internal'>): Uint8Array {
  switch (message.kind) {
    case 'open':
      return encodeFrame({ kind: 'open', body: encodeOpenBody(message) });
    case 'update':
      return encodeFrame({ kind: 'update', body: encodeUpdateBody(message, context) });
    case 'notification':
      return encodeFrame({ kind: 'notification', body: encodeNotificationBody(message) });
    case 'keepalive':
      return keepalive;
    case 'routeRefresh':
      return encodeFrame({ kind: 'routeRefresh', body: encodeRouteRefreshBody(message) });
  }
}

/** Throws BgpError when the session cannot go on. */
export function decodeMessage({ kind, body }: Frame, context: MessageContext): Received {
  // The frame's length was judged with its header; what still ends too early would be a mistake there.
  return within(errorCodes.header, headerErrors.badLength, (): Received => {
    switch (kind) {
      case 'open':
        return decodeOpenBody(body);
      case 'update':
        return { kind: 'update', outcome: decodeUpdateBody(body, context) };
      case 'notification':
        return decodeNotificationBody(body);
      case 'keepalive':
        return { kind: 'keepalive' };
      case 'routeRefresh':
        return decodeRouteRefreshBody(body, context.enhancedRouteRefresh);
    }
  });
}
