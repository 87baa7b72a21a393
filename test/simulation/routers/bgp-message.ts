// BGP messages as the played router reads and writes them (RFC 4271, 4760, 5492, 4724): not the product's codec, so that an error there does not
// cancel out here. Only what a router needs that keeps routes and sends none.
import { ipFromBytes, ipToBytes, type Ip } from '#shared/net/ip.ts';
import { readU16, readU32, writeU16, writeU32 } from '../lan/octets.ts';

export type RouteFamily = 'IPv4' | 'IPv6';

export interface GracefulRestart {
  readonly restarting: boolean;
  readonly restartSeconds: number;
  /** Each with whether forwarding went on meanwhile. */
  readonly families: ReadonlyMap<RouteFamily, boolean>;
}

export interface Open {
  readonly kind: 'open';
  readonly asn: number;
  readonly holdSeconds: number;
  readonly id: number;
  readonly families: readonly RouteFamily[];
  readonly gracefulRestart: GracefulRestart | undefined;
}

/** An address with its length, as `192.0.2.1/32`. */
export type Prefix = string;

export interface Announced {
  readonly prefixes: readonly Prefix[];
  readonly nextHop: Ip;
  /** As numbers of 32 bits. */
  readonly communities: readonly number[];
}

export interface Update {
  readonly kind: 'update';
  readonly withdrawn: readonly Prefix[];
  readonly announced: readonly Announced[];
  /** End-of-RIB of that family (RFC 4724 §2). */
  readonly endOfRib: RouteFamily | undefined;
}

export interface Notification {
  readonly kind: 'notification';
  readonly code: number;
  readonly subcode: number;
}

export type BgpMessage = Open | Update | Notification | { readonly kind: 'keepalive' } | { readonly kind: 'other' };

const headerOctets = 19;
const types = { open: 1, update: 2, notification: 3, keepalive: 4 } as const;
const asTrans = 23_456;
const capability = { multiprotocol: 1, gracefulRestart: 64, asn4: 65 } as const;
const attributeType = { nextHop: 3, communities: 8, mpReach: 14, mpUnreach: 15 } as const;
const afis = { IPv4: 1, IPv6: 2 } as const;
const unicast = 1;
const restartingFlag = 0x8000;
const forwardingFlag = 0x80;
const extendedLengthFlag = 0x10;

export const keepaliveMessage = message(types.keepalive, new Uint8Array(0));

export function openMessage({ asn, holdSeconds, id, families, gracefulRestart }: Open): Uint8Array {
  const capabilities = [
    ...families.map((family) => [capability.multiprotocol, 4, 0, afis[family], 0, unicast]),
    [capability.asn4, 4, ...u32(asn)],
    ...(gracefulRestart === undefined ? [] : [restartCapability(gracefulRestart)]),
  ].flat();
  const body = new Uint8Array(10 + 2 + capabilities.length);
  body[0] = 4;
  writeU16(body, 1, asn > 0xffff ? asTrans : asn);
  writeU16(body, 3, holdSeconds);
  writeU32(body, 5, id);
  body[9] = 2 + capabilities.length;
  body[10] = 2;
  body[11] = capabilities.length;
  body.set(capabilities, 12);
  return message(types.open, body);
}

export function notificationMessage(code: number, subcode: number): Uint8Array {
  return message(types.notification, Uint8Array.of(code, subcode));
}

/** The length of the message that begins the octets; undefined: it cannot be seen yet. */
export function lengthOf(octets: Uint8Array): number | undefined {
  return octets.length < headerOctets ? undefined : readU16(octets, 16);
}

/** Of one whole message. Throws what it cannot read: nothing that comes from us may be so. */
export function readMessage(octets: Uint8Array): BgpMessage {
  const body = octets.subarray(headerOctets);
  switch (octets[18]) {
    case types.open:
      return readOpen(body);
    case types.update:
      return readUpdate(body);
    case types.notification:
      return { kind: 'notification', code: body[0] ?? 0, subcode: body[1] ?? 0 };
    case types.keepalive:
      return { kind: 'keepalive' };
    default:
      return { kind: 'other' };
  }
}

function readOpen(body: Uint8Array): Open {
  let asn = readU16(body, 1);
  const families = new Set<RouteFamily>();
  let gracefulRestart: GracefulRestart | undefined;
  for (const [code, value] of capabilitiesIn(body.subarray(10, 10 + (body[9] ?? 0)))) {
    if (code === capability.asn4) asn = readU32(value, 0);
    const family = code === capability.multiprotocol ? familyOf(readU16(value, 0)) : undefined;
    if (family !== undefined && value[3] === unicast) families.add(family);
    if (code === capability.gracefulRestart) gracefulRestart = readRestart(value);
  }
  const id = readU32(body, 5);
  return { kind: 'open', asn, holdSeconds: readU16(body, 3), id, families: [...families], gracefulRestart };
}

function* capabilitiesIn(parameters: Uint8Array): Generator<readonly [code: number, value: Uint8Array]> {
  for (let at = 0; at < parameters.length; at += 2 + (parameters[at + 1] ?? 0)) {
    if (parameters[at] !== 2) continue;
    const end = at + 2 + (parameters[at + 1] ?? 0);
    for (let inside = at + 2; inside < end; inside += 2 + (parameters[inside + 1] ?? 0)) {
      const length = parameters[inside + 1] ?? 0;
      yield [parameters[inside] ?? 0, parameters.subarray(inside + 2, inside + 2 + length)];
    }
  }
}

function readRestart(value: Uint8Array): GracefulRestart {
  const flags = readU16(value, 0);
  const families = new Map<RouteFamily, boolean>();
  for (let at = 2; at + 4 <= value.length; at += 4) {
    const family = familyOf(readU16(value, at));
    if (family !== undefined) families.set(family, ((value[at + 3] ?? 0) & forwardingFlag) !== 0);
  }
  return { restarting: (flags & restartingFlag) !== 0, restartSeconds: flags & 0xfff, families };
}

function readUpdate(body: Uint8Array): Update {
  const withdrawnEnd = 2 + readU16(body, 0);
  const attributesEnd = withdrawnEnd + 2 + readU16(body, withdrawnEnd);
  const attributes = new Map(attributesIn(body.subarray(withdrawnEnd + 2, attributesEnd)));
  const withdrawn = [...readPrefixes(body.subarray(2, withdrawnEnd), 'IPv4')];
  const plain = readPrefixes(body.subarray(attributesEnd), 'IPv4');
  const nextHop = attributes.get(attributeType.nextHop);
  const communities = readCommunities(attributes.get(attributeType.communities));
  const announced: Announced[] = [];
  if (plain.length > 0 && nextHop !== undefined)
    announced.push({ prefixes: plain, nextHop: ipFromBytes(nextHop), communities });
  const reach = attributes.get(attributeType.mpReach);
  if (reach !== undefined) announced.push({ ...readReach(reach), communities });
  const unreach = attributes.get(attributeType.mpUnreach);
  const unreachFamily = unreach === undefined ? undefined : familyOf(readU16(unreach, 0));
  if (unreach !== undefined) withdrawn.push(...readPrefixes(unreach.subarray(3), unreachFamily ?? 'IPv6'));
  const isEmpty = withdrawn.length === 0 && announced.length === 0;
  const endOfRib = isEmpty ? (unreachFamily ?? (attributes.size === 0 ? 'IPv4' : undefined)) : undefined;
  return { kind: 'update', withdrawn, announced, endOfRib };
}

function readReach(value: Uint8Array): Omit<Announced, 'communities'> {
  const family = familyOf(readU16(value, 0)) ?? 'IPv6';
  const length = value[3] ?? 0;
  // The link-local address that may follow is left aside.
  const nextHop = ipFromBytes(value.slice(4, 4 + (length === 4 ? 4 : 16)));
  return { prefixes: readPrefixes(value.subarray(5 + length), family), nextHop };
}

function* attributesIn(octets: Uint8Array): Generator<readonly [type: number, value: Uint8Array]> {
  for (let at = 0; at + 3 <= octets.length;) {
    const isExtended = ((octets[at] ?? 0) & extendedLengthFlag) !== 0;
    const length = isExtended ? readU16(octets, at + 2) : (octets[at + 2] ?? 0);
    const start = at + (isExtended ? 4 : 3);
    yield [octets[at + 1] ?? 0, octets.slice(start, start + length)];
    at = start + length;
  }
}

function readCommunities(value: Uint8Array | undefined): readonly number[] {
  return Array.from({ length: (value?.length ?? 0) / 4 }, (_, index) => readU32(value ?? new Uint8Array(0), 4 * index));
}

function readPrefixes(octets: Uint8Array, family: RouteFamily): readonly Prefix[] {
  const found: Prefix[] = [];
  for (let at = 0; at < octets.length;) {
    const bits = octets[at] ?? 0;
    const length = Math.ceil(bits / 8);
    const address = new Uint8Array(family === 'IPv4' ? 4 : 16);
    address.set(octets.subarray(at + 1, at + 1 + length));
    found.push(`${ipFromBytes(address)}/${bits}`);
    at += 1 + length;
  }
  return found;
}

function restartCapability({ restarting, restartSeconds, families }: GracefulRestart): readonly number[] {
  const word = (restarting ? restartingFlag : 0) + restartSeconds;
  const tuples = [...families].flatMap(([family, forwards]) => [
    0,
    afis[family],
    unicast,
    forwards ? forwardingFlag : 0,
  ]);
  return [capability.gracefulRestart, 2 + tuples.length, word >> 8, word & 0xff, ...tuples];
}

function familyOf(afi: number): RouteFamily | undefined {
  return afi === afis.IPv4 ? 'IPv4' : afi === afis.IPv6 ? 'IPv6' : undefined;
}

function u32(value: number): readonly number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

function message(type: number, body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(headerOctets + body.length).fill(0xff, 0, 16);
  writeU16(octets, 16, octets.length);
  octets[18] = type;
  octets.set(body, headerOctets);
  return octets;
}

/** The number that OPEN calls a router by. */
export function routerId(ip: Ip): number {
  return readU32(ipToBytes(ip), 0);
}
