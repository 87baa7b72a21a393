// Router Solicitations and Advertisements of IPv6 over Ethernet (RFC 4861 §4.1, §4.2), and the two that this node sends. What §6.1 has a node
// discard is not decoded.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +---------------+---------------+-------------------------------+
//  | cur hop limit |     flags     |   router lifetime, seconds    |   of a solicitation
//  +---------------+---------------+-------------------------------+   only these four octets,
//  |                    reachable time, ms                         |   reserved
//  +---------------------------------------------------------------+
//  |                   retransmission timer, ms                    |
//  +---------------+---------------+-------------------------------+
//  |  option type  | length / 8    |   option value …
import { ByteWriter } from '#shared/net/byte-writer.ts';
import { isLinkLocalIp, type Ip } from '#shared/net/ip.ts';
import type { Mac } from '#shared/net/mac.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { etherTypes } from './ethernet.ts';
import { allNodes, allRouters, multicastMac } from './ipv6-multicast.ts';
import { decodeNdpHeaders, encodeNdpHeaders, unspecified, type NdpHeaders } from './ndp-frame.ts';
import { decodeOptions, encodeOptions, lengthOfOptions, linkLayerAddress, type NdpOption } from './ndp-option.ts';

export const routerTypes = { routerSolicitation: 133, routerAdvertisement: 134 } as const;

export interface RouterSolicitation {
  readonly kind: 'routerSolicitation';
  readonly options: readonly NdpOption[];
}

/** 0 leaves a time or the hop limit unspecified. */
export interface RouterAdvertisement {
  readonly kind: 'routerAdvertisement';
  /** That hosts should put into what they send. */
  readonly hopLimit: number;
  /** M, O, H, preference and P as they are (RFC 5175 §3): nothing here depends on them. */
  readonly flags: number;
  /** 0: it is nobody's default router. */
  readonly lifetimeSeconds: number;
  readonly reachableTimeMs: number;
  readonly retransmitTimeMs: number;
  readonly options: readonly NdpOption[];
}

export interface RouterFrame extends NdpHeaders {
  readonly message: RouterSolicitation | RouterAdvertisement;
}

const fixedLengths = { routerSolicitation: 4, routerAdvertisement: 12 } as const;

/** Reads a whole frame, whatever its padding. Throws WireError. */
export function decodeRouterFrame(frame: Uint8Array): RouterFrame {
  const { headers, type, body } = decodeNdpHeaders(frame);
  switch (type) {
    case routerTypes.routerSolicitation: {
      body.skip(fixedLengths.routerSolicitation);
      return checkedSolicitation(headers, { kind: 'routerSolicitation', options: decodeOptions(body) });
    }
    case routerTypes.routerAdvertisement: {
      if (!isLinkLocalIp(headers.source)) throw new WireError('malformed', `advertised from ${headers.source}`);
      return {
        ...headers,
        message: {
          kind: 'routerAdvertisement',
          hopLimit: body.u8(),
          flags: body.u8(),
          lifetimeSeconds: body.u16(),
          reachableTimeMs: body.u32(),
          retransmitTimeMs: body.u32(),
          options: decodeOptions(body),
        },
      };
    }
    default:
      throw new WireError('unsupported', `ICMPv6 type ${type} is no router solicitation or advertisement`);
  }
}

/** The whole frame. */
export function encodeRouterFrame({ message, ...headers }: RouterFrame): Uint8Array {
  const writer = new ByteWriter(fixedLengths[message.kind] + lengthOfOptions(message.options));
  if (message.kind === 'routerSolicitation') writer.u32(0);
  else {
    writer
      .u8(message.hopLimit)
      .u8(message.flags)
      .u16(message.lifetimeSeconds)
      .u32(message.reachableTimeMs)
      .u32(message.retransmitTimeMs);
  }
  encodeOptions(writer, message.options);
  return encodeNdpHeaders(headers, routerTypes[message.kind], writer.finish());
}

/** §6.1.1: who has no address yet names no station either. */
function checkedSolicitation(headers: NdpHeaders, message: RouterSolicitation): RouterFrame {
  if (headers.source === unspecified && linkLayerAddress(message, 'sourceLinkLayerAddress') !== undefined) {
    throw new WireError('malformed', 'link-layer address of ::');
  }
  return { ...headers, message };
}

/** Who speaks on a link; the address is link-local. */
export interface LinkSpeaker {
  readonly mac: Mac;
  readonly ip: Ip;
}

/** "I am here": so that an unnumbered BGP peer learns the address, and nobody takes this node for a router of theirs. */
export function routerAdvertisement(self: LinkSpeaker): RouterFrame {
  return {
    ...sentToGroup(self, allNodes),
    message: {
      kind: 'routerAdvertisement',
      hopLimit: 0,
      flags: 0,
      lifetimeSeconds: 0,
      reachableTimeMs: 0,
      retransmitTimeMs: 0,
      options: [{ kind: 'sourceLinkLayerAddress', mac: self.mac }],
    },
  };
}

/** "Which routers are here?" */
export function routerSolicitation(self: LinkSpeaker): RouterFrame {
  return {
    ...sentToGroup(self, allRouters),
    message: { kind: 'routerSolicitation', options: [{ kind: 'sourceLinkLayerAddress', mac: self.mac }] },
  };
}

function sentToGroup({ mac, ip }: LinkSpeaker, group: Ip): NdpHeaders {
  return {
    ethernet: { destination: multicastMac(group), source: mac, etherType: etherTypes.ipv6 },
    source: ip,
    destination: group,
  };
}
