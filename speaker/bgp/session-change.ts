// What a changed configuration costs a session (pure): nothing wherever OPEN and the connection stay as they are.
import { deepEqual } from '#shared/runtime/equal.ts';
import type { PeerSession } from './peer-session.ts';

export type SessionChange =
  | 'none'
  /** The connection goes on; the kernel signs with another password. */
  | 'password'
  /** Another OPEN, or another connection. */
  | 'anew';

export function changeOf(before: PeerSession, after: PeerSession): SessionChange {
  if (!deepEqual(lasting(before), lasting(after))) return 'anew';
  const [old, now] = [before.transport.password, after.transport.password];
  if ((old === undefined) !== (now === undefined)) return 'anew';
  return old === undefined || now === undefined || equalOctets(old, now) ? 'none' : 'password';
}

/** All that a session is bound to. */
function lasting({ name, config, transport }: PeerSession): unknown {
  return { name, ...config, connectRetryTimeMs: 0, ...transport, password: undefined };
}

function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}
