// Everything that a speaker of ours says, by the parts of it that say it: OPENs of each configuration, UPDATEs of Adj-RIB-Out for each kind of
// session and of routes, NOTIFICATIONs. With what was meant by it, from what was asked for: not read out of the octets.
import { ipFromNumber, ipToBytes, type Family, type Ip } from '#shared/net/ip.ts';
import { initialAdjRibOut, stepAdjRibOut, type AdjRibOutEvent } from '#speaker/bgp/adj-rib-out.ts';
import { encodeMessage, type Message } from '#speaker/bgp/codec.ts';
import { linkBandwidth } from '#speaker/bgp/community.ts';
import { ceaseReasons, errorCodes, headerErrors, openErrors, updateErrors } from '#speaker/bgp/error-codes.ts';
import { freshMemory, ownOpen } from '#speaker/bgp/negotiation.ts';
import type { OutFamily } from '#speaker/bgp/next-hop.ts';
import { cease, notification } from '#speaker/bgp/notification.ts';
import type { OutSession } from '#speaker/bgp/out-plan.ts';
import type { PeerConfig } from '#speaker/bgp/peer-config.ts';
import { plainAttributes, type RouteAttributes } from '#speaker/bgp/route-attributes.ts';
import { routes } from '../../unit/speaker/bgp/out-play.ts';
import { config as someConfig } from '../../unit/speaker/bgp/peer-play.ts';
import type { AttributesMeaning, Meaning, OpenMeaning } from './meaning.ts';

/** Messages of one session, in their order. */
export interface Said {
  readonly name: string;
  readonly messages: readonly Uint8Array[];
  /** AS numbers in AS_PATH have four octets. */
  readonly fourOctetAs: boolean;
  readonly meant: Meant;
}

/** One message, or all that is announced and withdrawn, however it is packed. */
export type Meant = Meaning | { readonly type: 'routes'; readonly told: ToldRoutes };

export interface ToldRoutes {
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  /** Each once, with their next hops. */
  readonly attributes: readonly (AttributesMeaning & { readonly nextHops: readonly string[] })[];
  /** Everything else. */
  readonly marks: readonly Meaning[];
}

const families: readonly Family[] = ['IPv4', 'IPv6'];
const numbers: Readonly<Record<Family, string>> = { IPv4: '1/1', IPv6: '2/1' };
const [small, largest, large] = [64_513, 65_535, 4_200_000_001];

export function everythingSaid(): readonly Said[] {
  const alive: Said = one('KEEPALIVE', { kind: 'keepalive' }, { type: 'keepalive' });
  return [alive, ...opens(), ...notifications(), ...refreshes(), ...announcements()];
}

function one(name: string, message: Message, meant: Meaning): Said {
  const octets = encodeMessage(message, { fourOctetAs: true, internal: false });
  return { name, messages: [octets], fourOctetAs: true, meant };
}

/** With messages above 4,096 octets (RFC 8654). */
export function longSaid(): readonly Said[] {
  return Object.entries(sessionKinds).map(([name, kind]) =>
    announced(`${name}, more attributes than a message holds`, kind, { communities: many(1_100) }, mixed),
  );
}

const configurations: readonly Partial<PeerConfig>[] = [
  {},
  { families: ['IPv6'], holdTimeSeconds: 0 },
  { families, gracefulRestart: false, holdTimeSeconds: 65_535 },
  { families, extendedNextHop: true, hostName: 'n'.repeat(64) },
  { families, extendedNextHop: true, linkLocalNextHop: true, holdTimeSeconds: 3 },
  { families, sendRole: true, softwareVersion: `Ingot/${'9'.repeat(80)}` },
  { families: ['IPv4'], hostName: 'n', bgpIdentifier: 0xffff_ffff },
];

function opens(): readonly Said[] {
  return configurations.flatMap((change) =>
    [small, largest, largest + 1, large].flatMap((localAsn) =>
      [true, false].flatMap((restarting) =>
        [[], [6, 73, 75]].map((omitted) => {
          const config: PeerConfig = { ...someConfig, ...change, localAsn };
          const open = ownOpen(config, { ...freshMemory, restarting, omitted });
          return one(
            `OPEN of ${JSON.stringify({ ...change, localAsn, restarting })}`,
            open,
            openMeant(config, restarting, omitted),
          );
        }),
      ),
    ),
  );
}

function openMeant(config: PeerConfig, restarting: boolean, omitted: readonly number[]): OpenMeaning {
  const { localAsn, gracefulRestart, extendedNextHop, sendRole, linkLocalNextHop } = config;
  const named = config.families.map((family) => numbers[family]);
  const codes = [1, 2, ...(extendedNextHop ? [5] : []), 6, ...(sendRole ? [9] : []), 64, 65, 70, 73, 75];
  const capabilities = [...codes, ...(linkLocalNextHop ? [77] : [])].filter((code) => !omitted.includes(code));
  return {
    type: 'open',
    as: localAsn > 65_535 ? 23_456 : localAsn,
    holdSeconds: config.holdTimeSeconds ?? 9,
    identifier: ipFromNumber('IPv4', BigInt(config.bgpIdentifier)),
    capabilities,
    families: named,
    extendedNextHops: extendedNextHop ? ['1/1:2'] : [],
    asn: localAsn,
    restart: {
      restarting: restarting && gracefulRestart,
      seconds: gracefulRestart ? 30 : 0,
      forwarding: gracefulRestart ? named : [],
    },
    ...(capabilities.includes(73) ? { hostName: config.hostName.slice(0, 64) } : {}),
    ...(capabilities.includes(75) ? { software: config.softwareVersion.slice(0, 64) } : {}),
  };
}

function notifications(): readonly Said[] {
  const { header, open, update, fsm, cease: ceased, routeRefresh } = errorCodes;
  const all: readonly (readonly [number, readonly number[]])[] = [
    [header, Object.values(headerErrors)],
    [open, Object.values(openErrors)],
    [update, Object.values(updateErrors)],
    [errorCodes.holdTimerExpired, [0]],
    [fsm, [1, 2, 3]],
    [ceased, Object.values(ceaseReasons)],
    [routeRefresh, [1]],
    [errorCodes.sendHoldTimerExpired, [0]],
  ];
  const plain = all.flatMap(([code, subcodes]) =>
    subcodes.map((subcode) =>
      one(`NOTIFICATION ${code}/${subcode}`, notification(code, subcode), { type: 'notification', code, subcode }),
    ),
  );
  // ExaBGP knows texts of RFC 8203 only, which are shorter than those of RFC 9003.
  const texts = ['node drains for repair', 'äöü: 日本', 'x'.repeat(128)];
  const worded = (['shutdown', 'reset'] as const).flatMap((reason) =>
    texts.map((text) =>
      one(`Cease ${reason} "${text}"`, cease(reason, text), {
        type: 'notification',
        code: ceased,
        subcode: ceaseReasons[reason],
        text,
      }),
    ),
  );
  return [...plain, ...worded];
}

function refreshes(): readonly Said[] {
  return families.map((family) => {
    const [afi = 0, safi = 0] = numbers[family].split('/').map(Number);
    const message: Message = { kind: 'routeRefresh', afi, safi, subtype: 0, filters: new Uint8Array(0) };
    return one(`ROUTE-REFRESH ${family}`, message, { type: 'refresh', family: numbers[family], subtype: 0 });
  });
}

const [ipv4, ipv6, linkLocal] = ['192.0.2.11', '2001:db8:b::11', 'fe80::1:2'];
const hop = (form: OutFamily['form'], ...hops: readonly string[]): OutFamily => ({
  form,
  nextHop: Uint8Array.from(hops.flatMap((each) => [...ipToBytes(each as Ip)])),
});

interface SessionKind extends Pick<OutSession, 'internal' | 'fourOctetAs' | 'localAsn'> {
  readonly IPv4: OutFamily;
  readonly IPv6: OutFamily;
  readonly hops: Readonly<Record<Family, readonly string[]>>;
}

const classic = { IPv4: hop('classic', ipv4), IPv6: hop('multiprotocol', ipv6), hops: { IPv4: [ipv4], IPv6: [ipv6] } };
const byIPv6 = {
  IPv4: hop('multiprotocol', ipv6),
  IPv6: hop('multiprotocol', ipv6),
  hops: { IPv4: [ipv6], IPv6: [ipv6] },
};
const both = hop('multiprotocol', ipv6, linkLocal);
const external = { internal: false, fourOctetAs: true, localAsn: small };
const sessionKinds: Readonly<Record<string, SessionKind>> = {
  eBGP: { ...external, ...classic },
  'eBGP of a large AS': { ...external, ...classic, localAsn: large },
  'eBGP to a speaker of two octets': { ...external, ...classic, fourOctetAs: false },
  'eBGP of a large AS to a speaker of two octets': { ...external, ...classic, localAsn: large, fourOctetAs: false },
  iBGP: { ...external, ...classic, internal: true },
  'iBGP over IPv6': { ...external, ...byIPv6, internal: true },
  'eBGP over IPv6': { ...external, ...byIPv6 },
  'unnumbered eBGP': {
    ...external,
    IPv4: both,
    IPv6: both,
    hops: { IPv4: [ipv6, linkLocal], IPv6: [ipv6, linkLocal] },
  },
};

const many = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => 0xfc01_0000 + at);
const largeOnes = (count: number): RouteAttributes['largeCommunities'] =>
  many(count).map((globalAdministrator, at) => ({ globalAdministrator, localData1: at, localData2: 0xffff_ffff }));
const routeKinds: readonly Partial<RouteAttributes>[] = [
  {},
  { multiExitDisc: 0, localPref: 0 },
  { multiExitDisc: 0xffff_ffff, localPref: 0xffff_ffff },
  { asPathPrepend: 1 },
  { asPathPrepend: 300 },
  { communities: [0xfc01_0064] },
  { communities: [...many(62), 0xffff_0000] },
  { communities: many(64), largeCommunities: largeOnes(21) },
  { largeCommunities: largeOnes(22) },
  { communities: many(2), multiExitDisc: 5 },
];
const bandwidths = [
  { asn: small, meant: `${small}:125000000` },
  { asn: large, meant: '23456:125000000' },
];

/** Ascending as on the wire: by length, then by address. */
const mixed = {
  IPv4: [
    '0.0.0.0/0',
    '128.0.0.0/1',
    '10.0.0.0/8',
    '198.51.100.0/22',
    '198.51.100.0/24',
    '198.51.100.128/25',
    '203.0.113.7/32',
  ],
  IPv6: ['::/0', '8000::/1', '2001:db8::/32', '2001:db8:0:1::/64', '2001:db8::ff00/121', '2001:db8::1/128'],
};

function announcements(): readonly Said[] {
  return Object.entries(sessionKinds).flatMap(([name, kind]) => [
    ...routeKinds.map((route) => announced(`${name}, ${JSON.stringify(Object.keys(route))}`, kind, route, mixed)),
    ...bandwidths.map(({ asn, meant }) => {
      const extendedCommunities = [linkBandwidth(asn, 125_000_000, 'nonTransitive')];
      return announced(`${name}, link bandwidth ${meant}`, kind, { extendedCommunities }, mixed, [meant]);
    }),
    announced(`${name}, more than a message holds`, kind, { communities: many(1) }, long),
  ]);
}

const long = {
  IPv4: Array.from({ length: 815 }, (_, at) => `10.1.${at >> 8}.${at & 255}/32`),
  IPv6: Array.from({ length: 240 }, (_, at) => `2001:db8::${(at + 16).toString(16)}/128`),
};

/** Announced, told anew as it is asked for, and withdrawn. */
function announced(
  name: string,
  kind: SessionKind,
  route: Partial<RouteAttributes>,
  prefixes: Readonly<Record<Family, readonly string[]>>,
  linkBandwidths: readonly string[] = [],
): Said {
  const session: OutSession = {
    ...kind,
    families: new Map(families.map((family) => [family, kind[family]])),
    extendedMessage: true,
    enhancedRouteRefresh: true,
  };
  const octetsFree = 1e6;
  const table = routes([route, [...prefixes.IPv4, ...prefixes.IPv6].join(' ')]);
  const messages = said([
    { kind: 'established', session, octetsFree },
    { kind: 'desired', routes: table, complete: true },
    { kind: 'refresh', family: 'IPv6' },
    { kind: 'desired', routes: routes(), complete: true },
  ]);
  const attributes: AttributesMeaning = {
    ...attributesMeant(kind, { ...plainAttributes, ...route }),
    ...(linkBandwidths.length === 0 ? {} : { linkBandwidths }),
  };
  const hops = kind.hops.IPv4.join() === kind.hops.IPv6.join() ? [kind.hops.IPv4] : [kind.hops.IPv4, kind.hops.IPv6];
  const told: ToldRoutes = {
    announced: [...prefixes.IPv4, ...prefixes.IPv6, ...prefixes.IPv6],
    withdrawn: [...prefixes.IPv4, ...prefixes.IPv6],
    attributes: hops.map((nextHops) => ({ ...attributes, nextHops })),
    marks: [
      { type: 'endOfRib', family: '1/1' },
      { type: 'endOfRib', family: '2/1' },
      { type: 'refresh', family: '2/1', subtype: 1 },
      { type: 'refresh', family: '2/1', subtype: 2 },
    ],
  };
  return { name, messages, fourOctetAs: kind.fourOctetAs, meant: { type: 'routes', told } };
}

function said(events: readonly AdjRibOutEvent[]): readonly Uint8Array[] {
  let state = initialAdjRibOut;
  return events.flatMap((event) => {
    const step = stepAdjRibOut(state, event);
    state = step.state;
    return step.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.octets] : []));
  });
}

function attributesMeant({ internal, localAsn }: SessionKind, route: RouteAttributes): AttributesMeaning {
  const { asPathPrepend, multiExitDisc, localPref, communities, largeCommunities } = route;
  return {
    origin: 'igp',
    asPath: internal ? [] : Array.from({ length: 1 + asPathPrepend }, () => localAsn),
    ...(multiExitDisc === undefined ? {} : { multiExitDisc }),
    ...(internal ? { localPref } : {}),
    ...(communities.length === 0 ? {} : { communities }),
    ...(largeCommunities.length === 0
      ? {}
      : {
          largeCommunities: largeCommunities.map(
            (each) => `${each.globalAdministrator}:${each.localData1}:${each.localData2}`,
          ),
        }),
  };
}
