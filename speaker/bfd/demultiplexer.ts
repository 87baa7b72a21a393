// Which session a packet is for (RFC 5880 §6.3, RFC 5881 §3).
import type { Ip } from '#shared/net/ip.ts';
import type { LocalPath, SessionPath } from './bfd-sockets.ts';
import type { ControlPacket } from './control-packet.ts';

export class Demultiplexer<Session> {
  readonly #byDiscriminator = new Map<number, Session>();
  readonly #byPath = new Map<string, Session>();
  readonly #paths = new Map<Session, string>();

  add(discriminator: number, session: Session): void {
    this.#byDiscriminator.set(discriminator, session);
  }

  remove(discriminator: number): void {
    this.#byDiscriminator.delete(discriminator);
  }

  has(discriminator: number): boolean {
    return this.#byDiscriminator.has(discriminator);
  }

  /** What does not say whom it is for comes to this session, and on no other path any more. False: the path is another session's. */
  claim(path: SessionPath, session: Session): boolean {
    const key = keyOf(path, path.remote);
    const holder = this.#byPath.get(key);
    if (holder !== undefined) return holder === session;
    this.release(session);
    this.#byPath.set(key, session);
    this.#paths.set(session, key);
    return true;
  }

  release(session: Session): void {
    this.#byPath.delete(this.#paths.get(session) ?? '');
    this.#paths.delete(session);
  }

  /** Whoever knows our discriminator is believed wherever it comes from: addresses may change under a session. */
  find({ yourDiscriminator }: ControlPacket, source: Ip, at: LocalPath): Session | undefined {
    return yourDiscriminator === 0 ? this.#byPath.get(keyOf(at, source)) : this.#byDiscriminator.get(yourDiscriminator);
  }
}

function keyOf({ local, interfaceIndex, multihop }: LocalPath, remote: Ip): string {
  return `${remote} ${local} ${interfaceIndex ?? ''} ${multihop}`;
}
