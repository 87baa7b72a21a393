// What a BGPPeer says, in the units of the programs. An empty string counts as absent everywhere, as does peerASN 0.
import type { BGPPeerSpec } from '../api/bgp-peer.ts';
import { ipToNumber, parseIp, type Ip } from '../net/ip.ts';
import { parseDurationMs } from './duration.ts';

export interface PeerSettings {
  /** Ours towards this peer. */
  readonly localAsn: number;
  /** Undefined: the object says neither a number nor where to learn it. */
  readonly peerAsn: number | 'external' | 'internal' | undefined;
  readonly address: Ip | undefined;
  readonly interface: string | undefined;
  readonly sourceAddress: Ip | undefined;
  readonly port: number;
  readonly vrf: string | undefined;
  /** Whole seconds. */
  readonly holdTimeSeconds: number | undefined;
  readonly keepaliveTimeMs: number | undefined;
  readonly connectTimeMs: number | undefined;
  /** As an unsigned number. */
  readonly routerId: number | undefined;
  readonly password: string | undefined;
  /** Name of a Secret. */
  readonly passwordSecret: string | undefined;
  readonly bfdProfile: string | undefined;
  readonly gracefulRestart: boolean;
  readonly linkBandwidth: boolean;
  readonly multiHop: boolean;
  /** The most hops that the peer may be away (RFC 5082). */
  readonly ttlSecurity: number | undefined;
  readonly dualStack: boolean;
}

export function peerSettings(spec: BGPPeerSpec): PeerSettings {
  const holdTimeMs = parseDurationMs(spec.holdTime ?? '');
  const routerId = parseIp(spec.routerID ?? '');
  return {
    localAsn: spec.localASN ?? spec.myASN,
    peerAsn: spec.dynamicASN ?? (spec.peerASN === 0 ? undefined : spec.peerASN),
    address: parseIp(spec.peerAddress ?? ''),
    interface: textOf(spec.interface),
    sourceAddress: parseIp(spec.sourceAddress ?? ''),
    port: spec.peerPort,
    vrf: textOf(spec.vrf),
    holdTimeSeconds: holdTimeMs === undefined ? undefined : Math.floor(holdTimeMs / 1000),
    keepaliveTimeMs: parseDurationMs(spec.keepaliveTime ?? ''),
    connectTimeMs: parseDurationMs(spec.connectTime ?? ''),
    routerId: routerId === undefined ? undefined : Number(ipToNumber(routerId)),
    password: textOf(spec.password),
    passwordSecret: textOf(spec.passwordSecret?.name),
    bfdProfile: textOf(spec.bfdProfile),
    gracefulRestart: spec.enableGracefulRestart ?? true,
    linkBandwidth: spec.linkBandwidth,
    multiHop: spec.ebgpMultiHop ?? false,
    ttlSecurity: spec.ttlSecurity,
    dualStack: spec.dualStackAddressFamily,
  };
}

function textOf(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
