// BGPPeer: what can be judged of it from the configuration alone. No message ever holds a password.
import type { BGPPeerSpec } from '../api/bgp-peer.ts';
import type { Meta } from '../kube/objects/view.ts';
import { parseIp } from '../net/ip.ts';
import { compareAge } from './age.ts';
import { peerSettings, type PeerSettings } from './bgp-peer-settings.ts';
import { parseDurationMs } from './duration.ts';
import { metaOf, type ConfigObject } from './object.ts';
import { errorIn, problemOf, warningIn, type Fault, type Parsed, type Problem } from './problem.ts';
import { quoted } from './problem-text.ts';
import { anyOf, compileSelectors, selectorIdentity, type LabelPredicate } from './selector.ts';

export interface BGPPeer extends Meta {
  readonly selectsNode: LabelPredicate;
  readonly settings: PeerSettings;
  /** Equal for peers that are one and the same on a node: address or interface, VRF, port. Undefined without address and interface. */
  readonly target: string | undefined;
  /** Equal for peers that select the same nodes; undefined stands for all nodes. */
  readonly nodes: string | undefined;
}

export function parseBGPPeer(object: ConfigObject<BGPPeerSpec>): Parsed<BGPPeer | undefined> {
  if ('faults' in object) return { value: undefined, faults: object.faults };
  const { spec } = object;
  const { peerAddress = '', sourceAddress = '', nodeSelectors = [] } = spec;
  const nodes = compileSelectors(nodeSelectors, 'spec.nodeSelectors');
  return {
    value: {
      ...metaOf(object),
      selectsNode: anyOf(nodes.value),
      settings: peerSettings(spec),
      target: targetOf(spec),
      nodes: nodeSelectors.length === 0 ? undefined : nodeSelectors.map(selectorIdentity).toSorted().join('|'),
    },
    faults: [
      ...nodes.faults,
      ...addressFaults('spec.peerAddress', peerAddress, 'invalid BGPPeer address'),
      ...addressFaults('spec.sourceAddress', sourceAddress, 'invalid source IP'),
      ...(['holdTime', 'keepaliveTime', 'connectTime'] as const).flatMap((field) => durationFaults(spec, field)),
      ...warnings(spec),
    ],
  };
}

/** Of peers that share node, address, VRF and port the oldest runs; told where that is certain without knowing the nodes' labels. */
export function peerConflicts(peers: readonly BGPPeer[]): readonly Problem[] {
  const oldestByTarget = new Map<string, Map<string | undefined, BGPPeer>>();
  const problems: Problem[] = [];
  for (const peer of peers.toSorted(compareAge)) {
    if (peer.target === undefined) continue;
    const rivals = oldestByTarget.get(peer.target) ?? new Map<string | undefined, BGPPeer>();
    oldestByTarget.set(peer.target, rivals);
    // A peer of all nodes meets every other; two selections of nodes certainly meet only when they are the same.
    const [oldest] = rivals.values();
    const rival = peer.nodes === undefined ? oldest : (rivals.get(undefined) ?? rivals.get(peer.nodes));
    if (!rivals.has(peer.nodes)) rivals.set(peer.nodes, peer);
    if (rival !== undefined) problems.push(problemOf('BGPPeer', peer, sharedTarget(rival)));
  }
  return problems;
}

function targetOf({ peerAddress = '', interface: link = '', vrf = '', peerPort }: BGPPeerSpec): string | undefined {
  const address = parseIp(peerAddress) ?? (link === '' ? undefined : `%${link}`);
  return address === undefined ? undefined : `${address} ${vrf} ${peerPort}`;
}

function sharedTarget(older: BGPPeer): Fault {
  const message = `has the address, VRF and port of the older BGPPeer "${older.name}": on a node that both select only that one runs`;
  return errorIn('spec.peerAddress', 'DuplicatePeer', message);
}

function addressFaults(field: string, address: string, complaint: string): readonly Fault[] {
  if (address === '' || parseIp(address) !== undefined) return [];
  return [errorIn(field, 'InvalidAddress', `${complaint} ${quoted(address)}: give one IPv4 or IPv6 address`)];
}

function durationFaults(spec: BGPPeerSpec, field: 'holdTime' | 'keepaliveTime' | 'connectTime'): readonly Fault[] {
  const text = spec[field] ?? '';
  if (text === '' || parseDurationMs(text) !== undefined) return [];
  return [errorIn(`spec.${field}`, 'InvalidDuration', `${quoted(text)} is not a duration such as 3s or 1m30s`)];
}

function warnings({ holdTime = '', disableMP, password = '' }: BGPPeerSpec): readonly Fault[] {
  const holdTimeMs = parseDurationMs(holdTime);
  return [
    holdTimeMs !== undefined && holdTimeMs < 1_000
      ? warningIn(
          'spec.holdTime',
          'NoKeepalives',
          'is 0: no keepalives are sent and a dead peer is never noticed, give at least 3s',
        )
      : undefined,
    disableMP ? warningIn('spec.disableMP', 'Ignored', 'is ignored: remove it') : undefined,
    password === ''
      ? undefined
      : warningIn(
          'spec.password',
          'PlainPassword',
          'stands in plain text where every reader of the object sees it: use passwordSecret',
        ),
  ].filter((fault) => fault !== undefined);
}
