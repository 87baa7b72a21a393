// Which router is at the other end of a link without addresses (spec/bgp §12; pure): the one that there is a session with, however it was found,
// else the one that advertises itself there.
import type { Ip } from '#shared/net/ip.ts';
import type { PeerSession } from '../bgp/peer-session.ts';
import type { SessionStatus } from '../bgp/session-status.ts';
import type { ObservedRouter } from '../seam.ts';

/** By the interface's name. `statuses` have addresses while they are Established. */
export function linkRouters(
  heard: readonly ObservedRouter[],
  sessions: readonly PeerSession[],
  statuses: readonly Pick<SessionStatus, 'name' | 'addresses'>[],
): ReadonlyMap<string, Ip> {
  const routers = new Map(heard.map((router) => [router.interface, router.ip]));
  const remotes = new Map(statuses.map(({ name, addresses }) => [name, addresses?.remote]));
  for (const { name, config, transport } of sessions) {
    const [{ device }, remote] = [transport, remotes.get(name)];
    if (config.linkLocalNextHop && device !== undefined && remote !== undefined) routers.set(device, remote);
  }
  return routers;
}
