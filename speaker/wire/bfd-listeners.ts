// The sockets on which BFD sessions hear (shell): one for each own address that has any.
import type { Ip } from '#shared/net/ip.ts';
import { portOf, type BfdReceiver, type BfdSockets, type LocalPath } from '../bfd/bfd-sockets.ts';
import type { SystemFailure } from '../l2/packet-socket.ts';

export class BfdListeners {
  readonly #sockets: BfdSockets;
  readonly #heard: (at: LocalPath, octets: Uint8Array, source: Ip, hopLimit: number) => void;
  readonly #open = new Map<string, BfdReceiver>();

  constructor(sockets: BfdSockets, heard: (at: LocalPath, octets: Uint8Array, source: Ip, hopLimit: number) => void) {
    this.#sockets = sockets;
    this.#heard = heard;
  }

  /** Why it does not listen there; undefined: it does. */
  listen(at: LocalPath): SystemFailure | undefined {
    const key = keyOf(at);
    if (this.#open.has(key)) return undefined;
    const receiver = this.#sockets.listen(at, {
      datagram: (octets, source, hopLimit) => this.#heard(at, octets, source, hopLimit),
      // It is opened again as what was never open.
      failed: () => void this.#open.delete(key),
    });
    if ('code' in receiver) return receiver;
    this.#open.set(key, receiver);
    return undefined;
  }

  /** Closes all others. */
  keepOnly(paths: readonly LocalPath[]): void {
    const kept = new Set(paths.map(keyOf));
    for (const [key, receiver] of this.#open) {
      if (kept.has(key)) continue;
      receiver.close();
      this.#open.delete(key);
    }
  }

  /** Delivers what has come there so far. */
  receiveWaiting(at: LocalPath): void {
    this.#open.get(keyOf(at))?.receiveWaiting();
  }
}

function keyOf(at: LocalPath): string {
  return `${at.local} ${at.interfaceIndex ?? ''} ${portOf(at)}`;
}
