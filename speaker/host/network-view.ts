// What netlink has told of interfaces, addresses and gateways so far (pure), and how messages change it.
import { deepEqual } from '#shared/runtime/equal.ts';
import type { Gateway, HostNetworkState, InterfaceAddress, Link } from '../l2/host-network.ts';
import { linux } from './linux.ts';
import { decodeInterfaceAddress } from './netlink-address.ts';
import { decodeLink } from './netlink-link.ts';
import { decodeGateways } from './netlink-route.ts';
import type { NetlinkMessage } from './netlink.ts';

/** Keyed so that a message about the same thing replaces what was known. */
export interface NetworkView {
  readonly links: ReadonlyMap<number, Link>;
  readonly addresses: ReadonlyMap<string, InterfaceAddress>;
  readonly gateways: ReadonlyMap<string, Gateway>;
}

export const emptyView: NetworkView = { links: new Map(), addresses: new Map(), gateways: new Map() };

interface Draft {
  readonly links: Map<number, Link>;
  readonly addresses: Map<string, InterfaceAddress>;
  readonly gateways: Map<string, Gateway>;
}

/** The same view when the messages change nothing of it. Throws WireError. */
export function applyMessages(view: NetworkView, messages: readonly NetlinkMessage[]): NetworkView {
  const draft: Draft = {
    links: new Map(view.links),
    addresses: new Map(view.addresses),
    gateways: new Map(view.gateways),
  };
  for (const message of messages) applyMessage(draft, message);
  return deepEqual(view, draft) ? view : draft;
}

function applyMessage(draft: Draft, { type, payload }: NetlinkMessage): void {
  switch (type) {
    case linux.RTM_NEWLINK:
    case linux.RTM_DELLINK: {
      const link = decodeLink(payload);
      if (link === undefined) return;
      if (type === linux.RTM_NEWLINK) draft.links.set(link.index, link);
      else removeLink(draft, link.index);
      return;
    }
    case linux.RTM_NEWADDR:
    case linux.RTM_DELADDR: {
      const address = decodeInterfaceAddress(payload);
      if (address === undefined) return;
      if (type === linux.RTM_NEWADDR) draft.addresses.set(addressKey(address), address);
      else draft.addresses.delete(addressKey(address));
      return;
    }
    case linux.RTM_NEWROUTE:
      for (const gateway of decodeGateways(payload)) draft.gateways.set(gatewayKey(gateway), gateway);
  }
}

/** With everything that stood on it. */
function removeLink({ links, addresses, gateways }: Draft, index: number): void {
  links.delete(index);
  for (const map of [addresses, gateways]) {
    for (const [key, { interfaceIndex }] of map) if (interfaceIndex === index) map.delete(key);
  }
}

export function stateOf(view: NetworkView): HostNetworkState {
  return { links: view.links, addresses: [...view.addresses.values()], gateways: [...view.gateways.values()] };
}

function addressKey({ interfaceIndex, ip, prefixBits }: InterfaceAddress): string {
  return `${interfaceIndex} ${ip}/${prefixBits}`;
}

function gatewayKey({ interfaceIndex, ip }: Gateway): string {
  return `${interfaceIndex} ${ip}`;
}
