// What Wireshark reads in BGP messages: each goes into a TCP connection of its own, in a capture that this makes, and comes back as fields.
import { pcapHeader, pcapRecord } from '#test/lab/capture/pcap.ts';
import type { AttributesMeaning, Meaning, OpenMeaning } from './meaning.ts';

const attribute = 'bgp.update.path_attribute';
const names = {
  type: 'bgp.type',
  as: 'bgp.open.myas',
  holdSeconds: 'bgp.open.holdtime',
  identifier: 'bgp.open.identifier',
  capabilities: 'bgp.cap.type',
  multiprotocolAfi: 'bgp.cap.mp.afi',
  multiprotocolSafi: 'bgp.cap.mp.safi',
  extendedNextHopAfi: 'bgp.cap.enh.afi',
  extendedNextHopSafi: 'bgp.cap.enh.safi',
  extendedNextHopHopAfi: 'bgp.cap.enh.nhafi',
  asn: 'bgp.cap.4as',
  restarting: 'bgp.cap.gr.timers.restart_flag',
  restartSeconds: 'bgp.cap.gr.timers.restart_time',
  restartAfi: 'bgp.cap.gr.afi',
  restartSafi: 'bgp.cap.gr.safi',
  restartForwarding: 'bgp.cap.gr.flag.pfs',
  hostName: 'bgp.cap.orf.fqdn.hostname',
  software: 'bgp.cap.software_version',
  withdrawn: 'bgp.withdrawn_prefix',
  announced: 'bgp.nlri_prefix',
  reach4: 'bgp.mp_reach_nlri_ipv4_prefix',
  reach6: 'bgp.mp_reach_nlri_ipv6_prefix',
  unreach4: 'bgp.mp_unreach_nlri_ipv4_prefix',
  unreach6: 'bgp.mp_unreach_nlri_ipv6_prefix',
  unreachAfi: `${attribute}.mp_unreach_nlri.afi`,
  unreachSafi: `${attribute}.mp_unreach_nlri.safi`,
  prefixBits: 'bgp.prefix_length',
  attributes: `${attribute}.type_code`,
  origin: `${attribute}.origin`,
  twoOctetAsns: `${attribute}.as_path_segment.as2`,
  fourOctetAsns: `${attribute}.as_path_segment.as4`,
  nextHop: `${attribute}.next_hop`,
  reachHop: `${attribute}.mp_reach_nlri.next_hop.ipv6`,
  reachLinkLocal: `${attribute}.mp_reach_nlri.next_hop.ipv6.link_local`,
  multiExitDisc: `${attribute}.multi_exit_disc`,
  localPref: `${attribute}.local_pref`,
  wellKnownCommunities: `${attribute}.community_wellknown`,
  communityAsns: `${attribute}.community_as`,
  communityValues: `${attribute}.community_value`,
  linkBandwidthAsns: 'bgp.ext_com.value_as2',
  linkBandwidths: 'bgp.ext_com.value_link_bw',
  largeAdministrators: 'bgp.large_communities.ga',
  largeData1: 'bgp.large_communities.ldp1',
  largeData2: 'bgp.large_communities.ldp2',
  code: 'bgp.notify.major_error',
  text: 'bgp.notify.communication',
  refreshAfi: 'bgp.route_refresh.afi',
  refreshSafi: 'bgp.route_refresh.safi',
  refreshSubtype: 'bgp.route_refresh.subtype',
  malformed: '_ws.malformed',
  complaint: '_ws.expert.message',
  severity: '_ws.expert.severity',
  header: 'bgp.notify.minor_error',
  open: 'bgp.notify.minor_error_open',
  update: 'bgp.notify.minor_error_update',
  expired: 'bgp.notify.minor_error_expired',
  state: 'bgp.notify.minor_error_state',
  cease: 'bgp.notify.minor_error_cease',
  refresh: 'bgp.notify.minor_error_route_refresh',
  unknown: 'bgp.notify.minor_error_unknown',
} as const;

const [between, within] = ['\t', '|'];
/** Less is a remark. */
const warning = 0x60_0000;
const bgpPort = 179;
const firstPort = 10_000;

/** Of one width of AS numbers: Wireshark would have to guess it. */
export function tsharkCommand(file: string, fourOctetAs: boolean): readonly string[] {
  return [
    'tshark',
    '-r',
    file,
    '-o',
    `bgp.asn_len:${fourOctetAs ? 4 : 2}`,
    '-T',
    'fields',
    '-E',
    `aggregator=${within}`,
    ...Object.values(names).flatMap((field) => ['-e', field]),
  ];
}

/** A capture in which each message has a connection of its own. */
export function captureOf(messages: readonly Uint8Array[]): Uint8Array {
  const records = messages.map((message, at) => pcapRecord({ atMs: at, frame: frameOf(message, firstPort + at) }));
  return Buffer.concat([pcapHeader(), ...records]);
}

/** Ethernet, IPv4 and TCP, with as little in them as is believed. */
function frameOf(message: Uint8Array, port: number): Uint8Array {
  const frame = Buffer.alloc(14 + 20 + 20);
  frame.writeUInt16BE(0x0800, 12);
  frame.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6], 14);
  frame.writeUInt16BE(40 + message.length, 16);
  frame.set([192, 0, 2, 11, 192, 0, 2, 1], 26);
  frame.writeUInt16BE(port, 34);
  frame.writeUInt16BE(bgpPort, 36);
  frame.writeUInt32BE(1, 38);
  // A header of five words; PSH and ACK.
  frame.set([0x50, 0x18, 0xff, 0xff], 46);
  return Buffer.concat([frame, message]);
}

/** Of each message, from what the command has printed. */
export function tsharkMeanings(output: string): readonly Meaning[] {
  const lines = output.split('\n').filter((line) => line !== '');
  return lines.map((line) => meaningOf(new Fields(line.split(between))));
}

type Name = keyof typeof names;

class Fields {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: readonly string[]) {
    this.#values = new Map(Object.keys(names).map((name, at) => [name, values[at] ?? '']));
  }

  /** Undefined when it is not there. */
  text(name: Name): string | undefined {
    return this.#values.get(name) || undefined;
  }

  all(name: Name): readonly string[] {
    return this.text(name)?.split(within) ?? [];
  }

  /** In decimal or hexadecimal; `True` and `False` are numbers too. */
  numbers(name: Name): readonly number[] {
    return this.all(name).map((text) => (text === 'True' ? 1 : text === 'False' ? 0 : Number(text)));
  }

  number(name: Name): number {
    return this.numbers(name)[0] ?? Number.NaN;
  }

  families(afis: Name, safis: Name): readonly string[] {
    const [first, second] = [this.numbers(afis), this.numbers(safis)];
    return first.map((afi, at) => `${afi}/${second[at]}`);
  }
}

function meaningOf(fields: Fields): Meaning {
  const isWarned = fields.numbers('severity').some((severity) => severity >= warning);
  if (isWarned || fields.text('malformed') !== undefined) {
    return { type: 'refused', why: fields.text('complaint') ?? 'malformed' };
  }
  switch (fields.number('type')) {
    case 1:
      return openOf(fields);
    case 2:
      return updateOf(fields);
    case 3:
      return notificationOf(fields);
    case 4:
      return { type: 'keepalive' };
    case 5: {
      const [family = ''] = fields.families('refreshAfi', 'refreshSafi');
      return { type: 'refresh', family, subtype: fields.number('refreshSubtype') };
    }
    default:
      return { type: 'refused', why: `message type ${fields.text('type')}` };
  }
}

function openOf(fields: Fields): OpenMeaning {
  const forwarding = fields.numbers('restartForwarding');
  const restart = {
    restarting: fields.number('restarting') === 1,
    seconds: fields.number('restartSeconds'),
    forwarding: fields.families('restartAfi', 'restartSafi').filter((_, at) => forwarding[at] === 1),
  };
  const [hostName, software] = [fields.text('hostName'), fields.text('software')];
  const capabilities = fields.numbers('capabilities').toSorted((a, b) => a - b);
  const hops = fields.numbers('extendedNextHopHopAfi');
  return {
    type: 'open',
    as: fields.number('as'),
    holdSeconds: fields.number('holdSeconds'),
    identifier: fields.text('identifier') ?? '',
    capabilities: [...new Set(capabilities)],
    families: fields.families('multiprotocolAfi', 'multiprotocolSafi'),
    extendedNextHops: fields
      .families('extendedNextHopAfi', 'extendedNextHopSafi')
      .map((family, at) => `${family}:${hops[at]}`),
    ...(fields.text('asn') === undefined ? {} : { asn: fields.number('asn') }),
    ...(fields.text('restartSeconds') === undefined ? {} : { restart }),
    ...(hostName === undefined ? {} : { hostName }),
    ...(software === undefined ? {} : { software }),
  };
}

function updateOf(fields: Fields): Meaning {
  const bits = fields.numbers('prefixBits');
  const lists = (['withdrawn', 'unreach4', 'unreach6', 'announced', 'reach4', 'reach6'] as const).map((name) =>
    fields.all(name),
  );
  // RFC 7606 §5.1: one field or attribute with prefixes in a message, or their lengths could not be told apart.
  const [index, ...others] = lists.flatMap((list, at) => (list.length > 0 ? [at] : []));
  if (others.length > 0) return { type: 'refused', why: 'prefixes in two places' };
  const prefixes = (lists[index ?? 0] ?? []).map((address, at) => `${address}/${bits[at]}`);
  const attributes = fields.numbers('attributes');
  if (prefixes.length === 0) {
    const [family = '1/1'] = fields.families('unreachAfi', 'unreachSafi');
    return { type: 'endOfRib', family };
  }
  const withdraws = index !== undefined && index < 3;
  return {
    type: 'update',
    withdrawn: withdraws ? prefixes : [],
    announced: withdraws ? [] : prefixes,
    nextHops: [...fields.all('nextHop'), ...fields.all('reachHop'), ...fields.all('reachLinkLocal')],
    ...attributesOf(fields, attributes),
  };
}

function attributesOf(fields: Fields, codes: readonly number[]): AttributesMeaning {
  const [two, four] = [fields.numbers('twoOctetAsns'), fields.numbers('fourOctetAsns')];
  const communities = communitiesOf(fields);
  const asns = fields.numbers('linkBandwidthAsns');
  const [data1, data2] = [fields.numbers('largeData1'), fields.numbers('largeData2')];
  return {
    ...(codes.includes(1) ? { origin: ['igp', 'egp', 'incomplete'][fields.number('origin')] ?? '' } : {}),
    ...(codes.includes(2) ? { asPath: four.length > 0 ? four : two } : {}),
    ...(codes.includes(4) ? { multiExitDisc: fields.number('multiExitDisc') } : {}),
    ...(codes.includes(5) ? { localPref: fields.number('localPref') } : {}),
    ...(codes.includes(8) ? { communities } : {}),
    ...(codes.includes(16)
      ? { linkBandwidths: fields.numbers('linkBandwidths').map((speed, at) => `${asns[at]}:${speed}`) }
      : {}),
    ...(codes.includes(32)
      ? {
          largeCommunities: fields.numbers('largeAdministrators').map((one, at) => `${one}:${data1[at]}:${data2[at]}`),
        }
      : {}),
  };
}

/** Well-known ones are told apart from the others, and are the greatest. */
function communitiesOf(fields: Fields): readonly number[] {
  const values = fields.numbers('communityValues');
  const ordinary = fields.numbers('communityAsns').map((asn, at) => asn * 0x1_0000 + (values[at] ?? 0));
  return [...ordinary, ...fields.numbers('wellKnownCommunities')];
}

function notificationOf(fields: Fields): Meaning {
  const kinds = ['header', 'open', 'update', 'expired', 'state', 'cease', 'refresh', 'unknown'] as const;
  const subcode = kinds.map((kind) => fields.number(kind)).find((value) => !Number.isNaN(value)) ?? Number.NaN;
  const text = fields.text('text');
  return { type: 'notification', code: fields.number('code'), subcode, ...(text === undefined ? {} : { text }) };
}
