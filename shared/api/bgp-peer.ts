// BGPPeer: a router that the speakers hold a BGP session with.
import { z } from 'zod';
import { bgpPeerRules, duration, holdTimeRules, connectTimeRules, ipAddress, routerId } from './bgp-peer-rules.ts';
import { metallbResource, type Definition } from './definition.ts';
import { flag, integer, object, text, type Of } from './schema.ts';
import { selectors } from './selector.ts';

export const bgpPeers = metallbResource('v1beta2', 'bgppeers', 'BGPPeer');

const largestAsn = 4_294_967_295;

const passwordSecret = object(
  {
    name: text({ description: 'Name of the Secret.', maxLength: 253 }).optional(),
    namespace: text({
      description: "Ignored: the Secret is looked for in the peer's own namespace.",
      maxLength: 63,
    }).optional(),
  },
  {
    description: 'Secret of type kubernetes.io/basic-auth whose key password holds the TCP MD5 password.',
    'x-kubernetes-map-type': 'atomic',
  },
);

const autonomousSystems = {
  myASN: integer('int64', { description: 'Own AS number.', minimum: 1, maximum: largestAsn }),
  peerASN: integer('int64', {
    description: "The peer's AS number. Either this or dynamicASN.",
    minimum: 0,
    maximum: largestAsn,
  }).optional(),
  dynamicASN: z
    .enum(['internal', 'external'])
    .meta({ description: "Learn the peer's AS number: the own one, or any other. Either this or peerASN." })
    .optional(),
  localASN: integer('int64', {
    description: 'Own AS number towards this peer, instead of myASN.',
    minimum: 1,
    maximum: largestAsn,
  }).optional(),
};

const addressing = {
  peerAddress: ipAddress("The peer's address. Either this or interface.", 'invalid BGPPeer address').optional(),
  interface: text({
    description:
      'Interface of an unnumbered session, whose peer is learnt from router advertisements. Either this or peerAddress.',
    maxLength: 15,
  }).optional(),
  sourceAddress: ipAddress('Address of the node to connect from.', 'invalid source IP').optional(),
  peerPort: integer('int32', { description: 'TCP port of the peer.', minimum: 1, maximum: 65_535 }).default(179),
  vrf: text({ description: 'VRF that the session runs in.', maxLength: 15 }).optional(),
};

const timing = {
  holdTime: duration('Hold time, 0s or 3s to 65535s. Absent: 9s.', holdTimeRules).optional(),
  keepaliveTime: duration('Keepalive interval, at most the hold time. Absent: a third of the hold time.').optional(),
  connectTime: duration('Time between attempts to connect, whole seconds.', connectTimeRules).optional(),
};

export const bgpPeerSpec = object(
  {
    ...autonomousSystems,
    ...addressing,
    ...timing,
    routerID: routerId('BGP identifier of the speakers towards this peer. Absent: an address of the node.').optional(),
    nodeSelectors: selectors('Nodes that hold a session with this peer, by labels. Empty: all nodes.').optional(),
    password: text({
      description: 'TCP MD5 password in plain text. Prefer passwordSecret.',
      maxLength: 80,
    }).optional(),
    passwordSecret: passwordSecret.optional(),
    bfdProfile: text({
      description: 'BFDProfile to watch the session with. Absent: no BFD.',
      maxLength: 253,
    }).optional(),
    enableGracefulRestart: flag('Announce graceful restart (RFC 4724). Absent: true.').optional(),
    linkBandwidth: flag('Attach the link bandwidth community, weighted by ready local endpoints.').default(false),
    ebgpMultiHop: flag('The eBGP peer is more than one hop away.').optional(),
    ttlSecurity: integer('int32', {
      description: 'Accept the peer only from within this many hops (RFC 5082).',
      minimum: 1,
      maximum: 254,
    }).optional(),
    disableMP: flag('Accepted and ignored.').default(false),
    dualStackAddressFamily: flag('Announce IPv4 and IPv6 on this one session.').default(false),
  },
  { description: 'How to reach the peer and how to talk to it.', 'x-kubernetes-validations': bgpPeerRules },
);

export type BGPPeerSpec = Of<typeof bgpPeerSpec>;

export const bgpPeerDefinition: Definition = {
  resource: bgpPeers,
  description: 'BGPPeer is a router that the speakers hold a BGP session with.',
  columns: [
    { name: 'Address', type: 'string', jsonPath: '.spec.peerAddress' },
    { name: 'ASN', type: 'string', jsonPath: '.spec.peerASN' },
    { name: 'BFD Profile', type: 'string', jsonPath: '.spec.bfdProfile' },
    { name: 'Multi Hops', type: 'string', jsonPath: '.spec.ebgpMultiHop' },
  ],
  spec: bgpPeerSpec,
  specRequired: true,
  status: object(
    {},
    {
      description:
        'Not used: sessions differ from node to node and are shown by ConfigurationState and ServiceBGPStatus.',
    },
  ),
};
