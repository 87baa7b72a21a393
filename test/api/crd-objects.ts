// Objects of the custom resources for the tests of their schemas: a valid spec of each kind, and what each kind must refuse and accept.

export type Spec = Readonly<Record<string, unknown>>;

/** What is wrong, the spec (a valid one with these fields replaced; undefined removes one), and what the refusal must say. */
export type Refused = readonly [what: string, change: Spec, says: string | RegExp];

/** What is unusual, and the change to a valid spec. */
export type Accepted = readonly [what: string, change: Spec];

interface KindExamples {
  readonly valid: Spec;
  readonly refused: readonly Refused[];
  readonly accepted: readonly Accepted[];
}

const range = /spec\.addresses\[0\].*must be a CIDR prefix .* or a range of one family/;
const list = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
const labels = (count: number): Record<string, string> => Object.fromEntries(list(count).map((name) => [name, '']));
const address = (text: string): Spec => ({ addresses: [text] });
const expression = (of: object): Spec => ({ nodeSelectors: [{ matchExpressions: [of] }] });
const values = /matchExpressions\[0\].*values must be given for In and NotIn, and only for these/;

const pool: KindExamples = {
  valid: { addresses: ['198.51.100.0/24'] },
  refused: [
    ['no addresses', { addresses: undefined }, 'spec.addresses: Required value'],
    ['an empty list', { addresses: [] }, 'spec.addresses'],
    ['513 entries', { addresses: Array.from({ length: 513 }, () => '192.0.2.0/24') }, 'spec.addresses'],
    ['an empty entry', address(''), 'spec.addresses[0]'],
    ['an entry of 97 characters', address(`192.0.2.0/24${' '.repeat(85)}`), 'spec.addresses[0]: Too long'],
    ['a bare address', address('192.0.2.1'), range],
    ['leading zeros', address('192.0.02.0/24'), range],
    ['an IPv4-mapped prefix', address('::ffff:192.0.2.0/120'), range],
    ['a zone', address('fe80::1%eth0-fe80::2%eth0'), range],
    ['a netmask', address('192.0.2.0/255.255.255.0'), range],
    ['a prefix length above 32', address('192.0.2.0/33'), range],
    ['a range of two families', address('192.0.2.1-2001:db8::1'), range],
    ['a range of three addresses', address('192.0.2.1-192.0.2.2-192.0.2.3'), range],
    ['a name', address('example.org'), range],
    ['text for autoAssign', { autoAssign: 'yes' }, 'spec.autoAssign'],
    ['a negative priority', { serviceAllocation: { priority: -1 } }, 'spec.serviceAllocation.priority'],
    ['a priority above int32', { serviceAllocation: { priority: 2 ** 31 } }, 'spec.serviceAllocation.priority'],
    ['a namespace twice', { serviceAllocation: { namespaces: ['a', 'a'] } }, 'spec.serviceAllocation.namespaces[1]'],
    ['an overlong namespace', { serviceAllocation: { namespaces: ['a'.repeat(64)] } }, 'namespaces[0]: Too long'],
    ['1025 namespaces', { serviceAllocation: { namespaces: list(1025) } }, 'spec.serviceAllocation.namespaces'],
    ['33 selectors', { serviceAllocation: { serviceSelectors: list(33).map(() => ({})) } }, 'serviceSelectors'],
  ],
  accepted: [
    ['host bits', address('198.51.100.10/24')],
    ['one address as a prefix', address('198.51.100.10/32')],
    ['upper-case IPv6', address('2001:DB8::/64')],
    ['uncompressed IPv6', address('2001:0db8:0:0:0:0:0:1-2001:0db8:0:0:0:0:0:2')],
    ['spaces round the dash', address('198.51.100.10 - 198.51.100.20')],
    ['both families', { addresses: ['198.51.100.0/24', '2001:db8::/64'] }],
    ['a range that starts after its end', address('198.51.100.20-198.51.100.10')],
    ['512 entries', { addresses: Array.from({ length: 512 }, (_, index) => `10.0.${index >> 1}.${index & 1}/32`) }],
    ['a label that is none', { serviceAllocation: { serviceSelectors: [{ matchLabels: { 'a b': 'c d' } }] } }],
    ['empty lists', { serviceAllocation: { namespaces: [], namespaceSelectors: [], serviceSelectors: [] } }],
  ],
};

const l2Advertisement: KindExamples = {
  valid: {},
  refused: [
    ['In without values', expression({ key: 'a', operator: 'In' }), values],
    ['In with no values', expression({ key: 'a', operator: 'In', values: [] }), values],
    ['Exists with values', expression({ key: 'a', operator: 'Exists', values: ['b'] }), values],
    ['an unknown operator', expression({ key: 'a', operator: 'Gt', values: ['1'] }), 'matchExpressions[0].operator'],
    ['no operator', expression({ key: 'a' }), 'matchExpressions[0].operator: Required value'],
    ['no key', expression({ operator: 'Exists' }), 'matchExpressions[0].key: Required value'],
    ['an empty key', expression({ key: '', operator: 'Exists' }), 'matchExpressions[0].key'],
    ['a key of 318 characters', expression({ key: 'k'.repeat(318), operator: 'Exists' }), 'matchExpressions[0].key'],
    ['129 values', expression({ key: 'a', operator: 'In', values: list(129) }), 'matchExpressions[0].values'],
    ['an overlong value', expression({ key: 'a', operator: 'In', values: ['v'.repeat(64)] }), 'values[0]: Too long'],
    ['an overlong label value', { nodeSelectors: [{ matchLabels: { a: 'v'.repeat(64) } }] }, 'matchLabels.a: Too long'],
    ['65 labels', { nodeSelectors: [{ matchLabels: labels(65) }] }, 'spec.nodeSelectors[0].matchLabels'],
    [
      '33 expressions',
      { nodeSelectors: [{ matchExpressions: list(33).map((key) => ({ key, operator: 'Exists' })) }] },
      'spec.nodeSelectors[0].matchExpressions',
    ],
    ['a pool twice', { ipAddressPools: ['a', 'a'] }, 'spec.ipAddressPools[1]: Duplicate value'],
    ['an empty name', { ipAddressPools: [''] }, 'spec.ipAddressPools[0]'],
    ['an overlong name', { ipAddressPools: ['p'.repeat(254)] }, 'spec.ipAddressPools[0]: Too long'],
    ['257 pools', { ipAddressPools: list(257) }, 'spec.ipAddressPools'],
    ['an interface of 16 characters', { interfaces: ['i'.repeat(16)] }, 'spec.interfaces[0]: Too long'],
    ['65 interfaces', { interfaces: list(65) }, 'spec.interfaces'],
    ['weight 0', { preferredNodeSelectors: [{ weight: 0, preference: {} }] }, 'preferredNodeSelectors[0].weight'],
    ['weight 101', { preferredNodeSelectors: [{ weight: 101, preference: {} }] }, 'preferredNodeSelectors[0].weight'],
    ['no weight', { preferredNodeSelectors: [{ preference: {} }] }, 'weight: Required value'],
    ['no preference', { preferredNodeSelectors: [{ weight: 1 }] }, 'preference: Required value'],
    [
      '33 preferences',
      { preferredNodeSelectors: list(33).map(() => ({ weight: 1, preference: {} })) },
      'spec.preferredNodeSelectors',
    ],
  ],
  accepted: [
    ['a selector twice', { nodeSelectors: [{ matchLabels: { a: 'b' } }, { matchLabels: { a: 'b' } }] }],
    ['NotIn with values', expression({ key: 'a', operator: 'NotIn', values: ['b'] })],
    ['DoesNotExist with an empty list', expression({ key: 'a', operator: 'DoesNotExist', values: [] })],
    ['a preference', { preferredNodeSelectors: [{ weight: 100, preference: { matchLabels: { rack: '1' } } }] }],
    ['32 full selectors', { nodeSelectors: list(32).map((name) => ({ matchLabels: { name } })) }],
  ],
};

const community = (text: string): Spec => ({ communities: [text] });
const notExpected = /spec\.communities\[0\].*invalid community value: expected/;
const badSection = /spec\.communities\[0\].*invalid community value: invalid section/;
const aggregatedSelection =
  'serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (32) and aggregationLengthV6 (128)';

const bgpAdvertisement: KindExamples = {
  valid: {},
  refused: [
    ['aggregationLength 0', { aggregationLength: 0 }, 'spec.aggregationLength'],
    ['aggregationLength 33', { aggregationLength: 33 }, 'spec.aggregationLength'],
    ['aggregationLengthV6 0', { aggregationLengthV6: 0 }, 'spec.aggregationLengthV6'],
    ['aggregationLengthV6 129', { aggregationLengthV6: 129 }, 'spec.aggregationLengthV6'],
    ['a negative localPref', { localPref: -1 }, 'spec.localPref'],
    ['a localPref above uint32', { localPref: 2 ** 32 }, 'spec.localPref'],
    ['a negative med', { med: -1 }, 'spec.med'],
    ['a med above uint32', { med: 2 ** 32 }, 'spec.med'],
    ['asPathPrepend 11', { asPathPrepend: 11 }, 'spec.asPathPrepend'],
    ['a community of three numbers', community('1:2:3'), notExpected],
    ['a large community of two numbers', community('large:1:2'), notExpected],
    ['a community of letters', community('a:b'), notExpected],
    ['a community without a number', community('64512:'), notExpected],
    ['a section above 65535', community('65536:1'), badSection],
    ['a large section above uint32', community('large:4294967296:1:1'), badSection],
    ['a community twice', { communities: ['1:2', '1:2'] }, 'spec.communities[1]: Duplicate value'],
    ['64 communities', { communities: list(64) }, 'spec.communities'],
    ['a peer twice', { peers: ['a', 'a'] }, 'spec.peers[1]: Duplicate value'],
    ['257 peers', { peers: list(257) }, 'spec.peers'],
    ['selected Services and aggregation', { serviceSelectors: [{}], aggregationLength: 24 }, aggregatedSelection],
    [
      'selected Services and IPv6 aggregation',
      { serviceSelectors: [{}], aggregationLengthV6: 64 },
      aggregatedSelection,
    ],
  ],
  accepted: [
    ['communities of all forms', { communities: ['65535:65535', 'large:4294967295:0:1', 'no-export'] }],
    ['selected Services without aggregation', { serviceSelectors: [{ matchLabels: { a: 'b' } }] }],
    ['no selected Services and aggregation', { serviceSelectors: [], aggregationLength: 24 }],
    ['the highest numbers', { localPref: 2 ** 32 - 1, med: 2 ** 32 - 1, asPathPrepend: 10 }],
  ],
};

const holdTime = /spec\.holdTime.*invalid hold time: must be 0 or >=3s/;
const connectTime = /spec\.connectTime.*connect time should be between 1 seconds to 65535/;
const routerId = /spec\.routerID.*invalid router ID/;
const multiHop = 'invalid ebgp-multihop parameter set for an ibgp peer';

const bgpPeer: KindExamples = {
  valid: { myASN: 64513, peerASN: 64512, peerAddress: '192.0.2.1' },
  refused: [
    ['no myASN', { myASN: undefined }, 'spec.myASN: Required value'],
    ['myASN 0', { myASN: 0 }, 'spec.myASN'],
    ['myASN above uint32', { myASN: 2 ** 32 }, 'spec.myASN'],
    ['peerASN above uint32', { peerASN: 2 ** 32 }, 'spec.peerASN'],
    ['localASN 0', { localASN: 0 }, 'spec.localASN'],
    ['localASN equal to myASN', { localASN: 64513 }, 'localASN must differ from myASN'],
    ['no peer ASN', { peerASN: undefined }, 'missing peer ASN and dynamicASN'],
    ['peerASN 0', { peerASN: 0 }, 'missing peer ASN and dynamicASN'],
    ['both ASNs', { dynamicASN: 'external' }, 'both peer ASN and dynamicASN specified'],
    ['an unknown dynamicASN', { dynamicASN: 'any' }, 'spec.dynamicASN'],
    ['no address', { peerAddress: undefined }, 'peer has no Address or Interface specified'],
    ['an empty address', { peerAddress: '' }, 'peer has no Address or Interface specified'],
    ['an empty interface', { peerAddress: '', interface: '' }, 'peer has no Address or Interface specified'],
    ['address and interface', { interface: 'eth0' }, 'peer has both Address and Interface specified'],
    ['an address that is none', { peerAddress: '192.0.2.256' }, /spec\.peerAddress.*invalid BGPPeer address/],
    ['an IPv4-mapped address', { peerAddress: '::ffff:192.0.2.1' }, /spec\.peerAddress.*invalid BGPPeer address/],
    ['an overlong address', { peerAddress: '1'.repeat(46) }, 'spec.peerAddress: Too long'],
    ['an interface of 16 characters', { peerAddress: '', interface: 'i'.repeat(16) }, 'spec.interface: Too long'],
    ['a source that is none', { sourceAddress: 'eth0' }, /spec\.sourceAddress.*invalid source IP/],
    ['port 0', { peerPort: 0 }, 'spec.peerPort'],
    ['port 65536', { peerPort: 65536 }, 'spec.peerPort'],
    ['a short hold time', { holdTime: '2s' }, holdTime],
    ['a negative hold time', { holdTime: '-9s' }, holdTime],
    ['a long hold time', { holdTime: '65536s' }, holdTime],
    ['a hold time without unit', { holdTime: '90' }, holdTime],
    ['a hold time that is none', { holdTime: 'soon' }, holdTime],
    [
      'keepalives rarer than the hold time',
      { holdTime: '9s', keepaliveTime: '10s' },
      'invalid keepaliveTime, must be lower than holdTime',
    ],
    ['a keepalive time that is none', { keepaliveTime: 'often' }, /spec\.keepaliveTime.*must be a duration/],
    ['connect time 0', { connectTime: '0s' }, connectTime],
    ['a long connect time', { connectTime: '65536s' }, connectTime],
    [
      'a broken connect time',
      { connectTime: '1500ms' },
      /spec\.connectTime.*connect time should contain a whole number of seconds/,
    ],
    ['an IPv6 router id', { routerID: '2001:db8::1' }, routerId],
    ['router id 0.0.0.0', { routerID: '0.0.0.0' }, routerId],
    ['a router id that is none', { routerID: 'router' }, routerId],
    ['a password of 81 characters', { password: 'p'.repeat(81) }, 'spec.password: Too long'],
    [
      'two passwords',
      { password: 'p', passwordSecret: { name: 'secret' } },
      'can not have both password and secret ref set',
    ],
    ['multi-hop to the own AS', { peerASN: 64513, ebgpMultiHop: true }, multiHop],
    ['multi-hop to the own dynamic AS', { peerASN: 0, dynamicASN: 'internal', ebgpMultiHop: true }, multiHop],
    [
      'multi-hop and ttlSecurity',
      { ebgpMultiHop: true, ttlSecurity: 1 },
      'ebgpMultiHop and ttlSecurity are mutually exclusive',
    ],
    ['ttlSecurity 0', { ttlSecurity: 0 }, 'spec.ttlSecurity'],
    ['ttlSecurity 255', { ttlSecurity: 255 }, 'spec.ttlSecurity'],
    ['a VRF of 16 characters', { vrf: 'v'.repeat(16) }, 'spec.vrf: Too long'],
    ['an overlong profile name', { bfdProfile: 'b'.repeat(254) }, 'spec.bfdProfile: Too long'],
  ],
  accepted: [
    ['an unnumbered peer', { peerAddress: '', interface: 'eth0' }],
    ['a learnt AS', { peerASN: 0, dynamicASN: 'external' }],
    ['an IPv6 peer', { peerAddress: '2001:DB8::1', sourceAddress: '2001:db8::11' }],
    ['no keepalives', { holdTime: '0s' }],
    ['the shortest and longest times', { holdTime: '65535s', keepaliveTime: '1ms', connectTime: '1m5s' }],
    ['fractions of a second', { holdTime: '3.5s' }],
    ['a Secret beside an empty password', { password: '', passwordSecret: { name: 'a', namespace: 'elsewhere' } }],
    ['a password beside an empty Secret', { password: 'p', passwordSecret: { name: '' } }],
    ['multi-hop to another AS', { ebgpMultiHop: true }],
    ['no multi-hop and ttlSecurity', { ebgpMultiHop: false, ttlSecurity: 254 }],
    ['a port above 16384', { peerPort: 65535 }],
  ],
};

const bfdProfile: KindExamples = {
  valid: {},
  refused: [
    ['receiveInterval 9', { receiveInterval: 9 }, 'spec.receiveInterval'],
    ['transmitInterval 60001', { transmitInterval: 60_001 }, 'spec.transmitInterval'],
    ['echoInterval 9', { echoInterval: 9 }, 'spec.echoInterval'],
    ['detectMultiplier 1', { detectMultiplier: 1 }, 'spec.detectMultiplier'],
    ['detectMultiplier 256', { detectMultiplier: 256 }, 'spec.detectMultiplier'],
    ['minimumTtl 0', { minimumTtl: 0 }, 'spec.minimumTtl'],
    ['minimumTtl 255', { minimumTtl: 255 }, 'spec.minimumTtl'],
    ['text for an interval', { receiveInterval: '300ms' }, 'spec.receiveInterval'],
  ],
  accepted: [
    [
      'the lowest numbers',
      { receiveInterval: 10, transmitInterval: 10, echoInterval: 10, detectMultiplier: 2, minimumTtl: 1 },
    ],
    [
      'the highest numbers',
      { receiveInterval: 60_000, transmitInterval: 60_000, detectMultiplier: 255, minimumTtl: 254 },
    ],
  ],
};

const alias = (of: object): Spec => ({ communities: [of] });

const communityObject: KindExamples = {
  valid: {},
  refused: [
    ['no value', alias({ name: 'a' }), 'spec.communities[0].value: Required value'],
    ['no name', alias({ value: '1:2' }), 'spec.communities[0].name: Required value'],
    ['an empty name', alias({ name: '', value: '1:2' }), 'spec.communities[0].name'],
    ['a name with a colon', alias({ name: 'a:b', value: '1:2' }), /communities\[0\]\.name.*must not contain a colon/],
    [
      'an alias as value',
      alias({ name: 'a', value: 'b' }),
      /communities\[0\]\.value.*invalid community value: expected/,
    ],
    [
      'a section above 65535',
      alias({ name: 'a', value: '1:65536' }),
      /value.*invalid community value: invalid section/,
    ],
    [
      'an overlong value',
      alias({ name: 'a', value: `large:${'1'.repeat(60)}` }),
      'spec.communities[0].value: Too long',
    ],
    [
      'a name twice',
      { communities: [1, 2].map((number) => ({ name: 'a', value: `1:${number}` })) },
      'spec.communities[1]: Duplicate value',
    ],
    ['513 names', { communities: list(513).map((name) => ({ name, value: '1:2' })) }, 'spec.communities'],
  ],
  accepted: [
    [
      'two values',
      {
        communities: [
          { name: 'a', value: '1:2' },
          { name: 'b', value: 'large:1:2:4294967295' },
        ],
      },
    ],
  ],
};

export const examples: Readonly<Record<string, KindExamples>> = {
  IPAddressPool: pool,
  L2Advertisement: l2Advertisement,
  BGPAdvertisement: bgpAdvertisement,
  BGPPeer: bgpPeer,
  BFDProfile: bfdProfile,
  Community: communityObject,
};
