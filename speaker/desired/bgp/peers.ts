// From BGPPeers to the sessions of this node (pure): which run, with what, and why the others do not.
import { compareAge } from '#shared/config/age.ts';
import type { PeerSettings } from '#shared/config/bgp-peer-settings.ts';
import type { BGPPeer } from '#shared/config/bgp-peer.ts';
import { errorIn, problemOf, warningIn, type Fault, type Problem } from '#shared/config/problem.ts';
import { quoted } from '#shared/config/problem-text.ts';
import type { NodeView } from '#shared/kube/objects/node.ts';
import { familyOf, ipToNumber, type Family, type Ip } from '#shared/net/ip.ts';
import type { PeerSession } from '#speaker/bgp/peer-session.ts';
import { excludeLabel } from '../eligibility.ts';
import { fnv1a32 } from '../rendezvous.ts';
import { peerPassword, type PeerSecrets } from './peer-password.ts';

export interface PeerInputs {
  readonly thisNode: NodeView;
  readonly peers: readonly BGPPeer[];
  /** Names of the BFDProfiles. */
  readonly bfdProfiles: ReadonlySet<string>;
  readonly secrets: PeerSecrets;
  readonly machine: BgpMachine;
  readonly ignoreExcludeLabel: boolean;
  /** Shown to the other side, as `Ingot/0.1.0`. */
  readonly softwareVersion: string;
}

/** What only the machine this runs on knows. */
export interface BgpMachine {
  /** On any of its interfaces. */
  readonly addresses: ReadonlySet<Ip>;
  readonly isOnLink: (ip: Ip) => boolean;
  /** Names of its interfaces of type VRF. */
  readonly vrfs: ReadonlySet<string>;
  /** Link-local addresses of the routers heard on interfaces, by the interface's name. */
  readonly routersOf: ReadonlyMap<string, Ip>;
}

export interface DesiredPeers {
  /** In the order of their names. */
  readonly sessions: readonly PeerSession[];
  readonly problems: readonly Problem[];
}

/** RFC 4271 suggests two minutes; a router that has been rebooted should not wait that long. */
const defaultConnectTimeMs = 10_000;
const mostSessions = 512;
const hops = { direct: 1, routed: 64, secured: 255 };
/** The send hold time of RFC 9687 is BGP's business; the kernel gives up after it. */
const leastSendHoldTimeMs = 480_000;
const beyondSendHoldMs = 5_000;

export function desiredPeers(inputs: PeerInputs): DesiredPeers {
  const { thisNode, ignoreExcludeLabel } = inputs;
  if (excludeLabel in thisNode.labels && !ignoreExcludeLabel) return { sessions: [], problems: [] };
  const selected = inputs.peers.filter(({ selectsNode }) => selectsNode(thisNode.labels));
  const oldest = new Map<string, BGPPeer>();
  const sessions: PeerSession[] = [];
  const problems: Problem[] = [];
  for (const peer of selected.toSorted(compareAge)) {
    const rival = peer.target === undefined ? undefined : oldest.get(peer.target);
    const judged = rival === undefined ? judge(peer, inputs) : { faults: [duplicateOf(rival)] };
    const full = judged.session !== undefined && sessions.length === mostSessions;
    const faults = full ? [...judged.faults, tooMany] : judged.faults;
    problems.push(...faults.map((fault) => problemOf('BGPPeer', peer, fault)));
    if (peer.target !== undefined && rival === undefined) oldest.set(peer.target, peer);
    if (judged.session !== undefined && !full) sessions.push(judged.session);
  }
  return { sessions: sessions.toSorted((a, b) => (a.name < b.name ? -1 : 1)), problems };
}

interface Judged {
  readonly session?: PeerSession;
  readonly faults: readonly Fault[];
}

function judge(peer: BGPPeer, inputs: PeerInputs): Judged {
  const { settings } = peer;
  const { machine, secrets } = inputs;
  const password = peerPassword(settings, secrets);
  const refusal = refusalOf(settings, machine) ?? ('fault' in password ? password.fault : undefined);
  if (refusal !== undefined || 'fault' in password) return { faults: refusal === undefined ? [] : [refusal] };
  const { peerAsn } = settings;
  if (peerAsn === undefined) return { faults: [missingAsn] };
  const session: PeerSession = {
    name: peer.name,
    config: { ...configOf(settings, inputs), peerAsn },
    transport: transportOf(settings, password.value, machine),
    bfdProfile:
      settings.bfdProfile !== undefined && inputs.bfdProfiles.has(settings.bfdProfile)
        ? settings.bfdProfile
        : undefined,
    linkBandwidth: settings.linkBandwidth,
    prefixLimit: undefined,
  };
  return { session, faults: warningsOf(settings, machine) };
}

const missingAsn = errorIn('spec.peerASN', 'MissingASN', 'missing peer ASN and dynamicASN: give one of them');
const tooMany = errorIn(
  'spec.nodeSelectors',
  'TooManyPeers',
  `this node has ${mostSessions} older peers: select fewer nodes`,
);

function duplicateOf(older: BGPPeer): Fault {
  const message = `has the address, VRF and port of the older BGPPeer ${quoted(older.name)}: only that one runs on this node`;
  return errorIn('spec.peerAddress', 'DuplicatePeer', message);
}

/** What keeps the session from being started. */
function refusalOf(settings: PeerSettings, { addresses, vrfs }: BgpMachine): Fault | undefined {
  const { address, sourceAddress, vrf, multiHop, localAsn, peerAsn } = settings;
  if (address === undefined && settings.interface === undefined) {
    return errorIn(
      'spec.peerAddress',
      'MissingAddress',
      'peer has no Address or Interface specified: give one of them',
    );
  }
  if (address !== undefined && addresses.has(address)) {
    return errorIn(
      'spec.peerAddress',
      'PeerIsThisNode',
      `${address} is an address of this node: give the router's, or select other nodes`,
    );
  }
  if (sourceAddress !== undefined && !addresses.has(sourceAddress)) {
    return errorIn(
      'spec.sourceAddress',
      'sourceAddressMissing',
      `${sourceAddress} is no address of this node: nothing is dialled until it is`,
    );
  }
  if (address !== undefined && sourceAddress !== undefined && familyOf(address) !== familyOf(sourceAddress)) {
    return errorIn(
      'spec.sourceAddress',
      'sourceAddressMissing',
      `${sourceAddress} is not of the address family of ${address}`,
    );
  }
  if (vrf !== undefined && !vrfs.has(vrf)) {
    return errorIn('spec.vrf', 'MissingVRF', `${quoted(vrf)} is no interface of type VRF on this node`);
  }
  if (multiHop && (peerAsn === localAsn || peerAsn === 'internal')) {
    return errorIn(
      'spec.ebgpMultiHop',
      'InternalMultiHop',
      'invalid ebgp-multihop parameter set for an ibgp peer: remove it',
    );
  }
  return undefined;
}

function warningsOf(settings: PeerSettings, { isOnLink }: BgpMachine): readonly Fault[] {
  const { address, vrf } = settings;
  if (hopLimitOf(settings) !== hops.direct || address === undefined || vrf !== undefined || isOnLink(address))
    return [];
  const message = `${address} is not on a network of this node and packets to it live for one hop: set ebgpMultiHop, or give an address of that network`;
  return [warningIn('spec.peerAddress', 'peerNotOnLink', message)];
}

function configOf(
  settings: PeerSettings,
  { thisNode, softwareVersion }: PeerInputs,
): Omit<PeerSession['config'], 'peerAsn'> {
  const unnumbered = settings.interface !== undefined;
  const families = familiesOf(settings);
  const overIPv6 = unnumbered || (settings.address !== undefined && familyOf(settings.address) === 'IPv6');
  return {
    localAsn: settings.localAsn,
    bgpIdentifier: settings.routerId ?? identifierOf(thisNode),
    holdTimeSeconds: settings.holdTimeSeconds,
    keepaliveTimeMs: settings.keepaliveTimeMs,
    families,
    extendedNextHop: overIPv6 && families.includes('IPv4'),
    linkLocalNextHop: unnumbered,
    gracefulRestart: settings.gracefulRestart,
    sendRole: false,
    hostName: thisNode.name,
    softwareVersion,
    passive: false,
    connectRetryTimeMs: settings.connectTimeMs ?? defaultConnectTimeMs,
    delayOpenTimeMs: 0,
  };
}

function familiesOf({ address, dualStack }: PeerSettings): readonly Family[] {
  return address === undefined || dualStack ? ['IPv4', 'IPv6'] : [familyOf(address)];
}

/** The same towards all peers, and after every restart. */
function identifierOf({ name, addresses }: NodeView): number {
  const ipv4 = addresses.find((ip) => familyOf(ip) === 'IPv4');
  if (ipv4 !== undefined) return Number(ipToNumber(ipv4));
  return fnv1a32(new TextEncoder().encode(name)) || 1;
}

function transportOf(
  settings: PeerSettings,
  password: Uint8Array | undefined,
  machine: BgpMachine,
): PeerSession['transport'] {
  const { address, sourceAddress, port, vrf, ttlSecurity, holdTimeSeconds = 0 } = settings;
  return {
    remote: address ?? machine.routersOf.get(settings.interface ?? ''),
    port,
    local: sourceAddress,
    device: settings.interface ?? vrf,
    hopLimit: hopLimitOf(settings),
    leastHopLimit: ttlSecurity === undefined ? 1 : hops.secured + 1 - ttlSecurity,
    password,
    userTimeoutMs: Math.max(leastSendHoldTimeMs, 2000 * holdTimeSeconds) + beyondSendHoldMs,
  };
}

/** An eBGP peer is a neighbour if nothing else is said: what it sends from further away is not answered. */
function hopLimitOf({ ttlSecurity, multiHop, peerAsn, localAsn }: PeerSettings): number {
  if (ttlSecurity !== undefined) return hops.secured;
  return multiHop || peerAsn === 'internal' || peerAsn === localAsn ? hops.routed : hops.direct;
}
