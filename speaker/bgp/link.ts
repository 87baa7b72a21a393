// One TCP connection of a session: from octets to messages, and what is known of it until it is gone.
import { BgpError } from './bgp-error.ts';
import { findCapability } from './capability.ts';
import { decodeMessage, type MessageContext, type Received } from './codec.ts';
import { MessageSplitter } from './message-splitter.ts';
import type { Connection, ConnectionId } from './peer-state.ts';
import type { TcpConnection } from './tcp-stack.ts';

/** As long as nothing has been agreed on. */
const beforeOpen: MessageContext = {
  fourOctetAs: true,
  internal: false,
  families: ['IPv4'],
  extendedNextHop: false,
  enhancedRouteRefresh: false,
};

export class Link {
  readonly id: ConnectionId;
  readonly tcp: TcpConnection;
  #splitter: MessageSplitter | undefined;

  constructor(id: ConnectionId, tcp: TcpConnection) {
    this.id = id;
    this.tcp = tcp;
  }

  /**
   * Hands over messages one by one, for what one means may depend on the one before; `connection` is asked for the state of things, undefined
   * ends the reading. What cannot be read is handed over as an error, once.
   */
  read(
    octets: Uint8Array,
    connection: () => Connection | undefined,
    take: (message: Received | BgpError) => void,
  ): void {
    const now = connection();
    if (now === undefined) return;
    this.#splitter ??= new MessageSplitter({ extended: offersLongMessages(now) });
    const { frames, error } = this.#splitter.push(octets);
    for (const frame of frames) {
      const current = connection();
      if (current === undefined) return;
      take(attempt(() => decodeMessage(frame, contextOf(current))));
    }
    if (error !== undefined && connection() !== undefined) take(error);
  }
}

function attempt(decode: () => Received): Received | BgpError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof BgpError) return error;
    throw error;
  }
}

function offersLongMessages(connection: Connection): boolean {
  return (
    connection.state !== 'waiting' && findCapability(connection.sent.capabilities, 'extendedMessage') !== undefined
  );
}

function contextOf(connection: Connection): MessageContext {
  if (connection.state !== 'openConfirm' && connection.state !== 'established') return beforeOpen;
  const { negotiated, received } = connection;
  const { fourOctetAs, internal, families, extendedNextHop } = negotiated;
  const enhancedRouteRefresh = findCapability(received.capabilities, 'enhancedRouteRefresh') !== undefined;
  return { fourOctetAs, internal, families, extendedNextHop, enhancedRouteRefresh };
}
