// Multicast groups of IPv6 on one interface (ipv6(7)). Sockets hold them that are never bound and receive nothing: the kernel tells switches by
// MLD reports that the groups are listened to, and the network card lets their frames in, so that packet sockets see them. A packet socket's
// own memberships (PACKET_ADD_MEMBERSHIP) would send no report.
import type { Ip } from '#shared/net/ip.ts';
import { linux } from './linux.ts';
import { ipv6GroupRequest } from './socket-address.ts';
import { close, setSocketOption, socket, SystemCallError } from './syscall.ts';

/** A group takes 56 octets of option memory (measured); kernels before 6.7 have room for 365. */
const groupsPerSocket = 256;
const noRoom: ReadonlySet<string> = new Set(['ENOMEM', 'ENOBUFS']);

interface Holder {
  readonly fd: number;
  readonly groups: Set<Ip>;
  capacity: number;
}

export class Ipv6Groups {
  readonly #interfaceIndex: number;
  readonly #holders: Holder[] = [];

  constructor(interfaceIndex: number) {
    this.#interfaceIndex = interfaceIndex;
  }

  /** Not twice. Throws SystemCallError. */
  join(group: Ip): void {
    const withRoom = this.#holders.find(({ groups, capacity }) => groups.size < capacity);
    if (withRoom === undefined || !this.#fits(withRoom, group)) this.#add(this.#newHolder(), group);
  }

  /** Silently when the interface is gone, and the membership with it. */
  leave(group: Ip): void {
    const holder = this.#holders.find(({ groups }) => groups.has(group));
    if (holder === undefined) return;
    holder.groups.delete(group);
    try {
      setSocketOption(holder.fd, linux.IPPROTO_IPV6, linux.IPV6_DROP_MEMBERSHIP, this.#request(group));
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
    }
  }

  /** Leaves all. */
  close(): void {
    for (const { fd } of this.#holders.splice(0)) close(fd);
  }

  #fits(holder: Holder, group: Ip): boolean {
    try {
      this.#add(holder, group);
      return true;
    } catch (error) {
      const isFull = error instanceof SystemCallError && noRoom.has(error.code) && holder.groups.size > 0;
      if (!isFull) throw error;
      holder.capacity = holder.groups.size;
      return false;
    }
  }

  #add(holder: Holder, group: Ip): void {
    setSocketOption(holder.fd, linux.IPPROTO_IPV6, linux.IPV6_ADD_MEMBERSHIP, this.#request(group));
    holder.groups.add(group);
  }

  #newHolder(): Holder {
    const fd = socket(linux.AF_INET6, linux.SOCK_DGRAM, 0);
    const holder = { fd, groups: new Set<Ip>(), capacity: groupsPerSocket };
    this.#holders.push(holder);
    return holder;
  }

  #request(group: Ip): Uint8Array {
    return ipv6GroupRequest(group, this.#interfaceIndex);
  }
}
