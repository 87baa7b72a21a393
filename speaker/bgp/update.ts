// UPDATE (RFC 4271 §4.3), and what becomes of one that is wrong (RFC 7606).
//
//  +-------------------------------+-------------------------------+
//  |    withdrawn routes length    |  withdrawn routes (variable)
//  +-------------------------------+-------------------------------+
//  |     path attributes length    |  path attributes (variable)
//  +-------------------------------+-------------------------------+
//  |  network layer reachability information (variable)
//  +---------------------------------------------------------------+
import { ByteReader } from '#shared/net/byte-reader.ts';
import { ByteWriter } from '#shared/net/byte-writer.ts';
import type { Family } from '#shared/net/ip.ts';
import { WireError } from '#shared/net/wire-error.ts';
import { hasConfederationSegment } from './as-path.ts';
import { attributeCodecs, type AttributeContext } from './attribute-table.ts';
import { decodeAttributes, encodeAttribute, encodeAttributes, type Attribute } from './attribute.ts';
import { BgpError, within, type Consequence } from './bgp-error.ts';
import { errorCodes, updateErrors } from './error-codes.ts';
import { familyOfAfiSafi, unicast, type AfiSafi } from './family.ts';
import type { MpReach, MpUnreach } from './multiprotocol.ts';
import { countNlri, noPrefixes, type Nlri, type NlriCount } from './nlri.ts';
import { notification } from './notification.ts';

export interface UpdateMessage {
  readonly kind: 'update';
  /** IPv4. */
  readonly withdrawn: Nlri;
  readonly attributes: readonly Attribute[];
  /** IPv4. */
  readonly nlri: Nlri;
}

/** What the meaning of an UPDATE depends on. */
export interface UpdateContext extends AttributeContext {
  /** Those that both sides named. */
  readonly families: readonly Family[];
  /** IPv4 routes may have IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: boolean;
}

/** Prefixes of one field or attribute; those of a family that was not negotiated are not even counted, for their form is unknown. */
export interface CountedRoutes extends AfiSafi {
  readonly field: 'announced' | 'withdrawn';
  readonly count: NlriCount | undefined;
}

/** An UPDATE that does not cost the session. */
export interface UpdateOutcome {
  readonly message: UpdateMessage;
  /** The strongest of the errors'; undefined when there are none. */
  readonly consequence: Exclude<Consequence, 'sessionReset'> | undefined;
  readonly errors: readonly BgpError[];
  readonly routes: readonly CountedRoutes[];
}

export function encodeUpdateBody(
  { withdrawn, attributes, nlri }: UpdateMessage,
  context: AttributeContext,
): Uint8Array {
  const encoded = encodeAttributes(attributes, context);
  return new ByteWriter(4 + withdrawn.length + encoded.length + nlri.length)
    .u16(withdrawn.length)
    .bytes(withdrawn)
    .u16(encoded.length)
    .bytes(encoded)
    .bytes(nlri)
    .finish();
}

/** Ends the initial announcement of a family (RFC 4724 §2). */
export function endOfRib(family: Family): UpdateMessage {
  const attributes: readonly Attribute[] =
    family === 'IPv4' ? [] : [{ kind: 'mpUnreach', ...unicast[family], withdrawn: noPrefixes }];
  return { kind: 'update', withdrawn: noPrefixes, attributes, nlri: noPrefixes };
}

/** Which family's announcement this UPDATE ends; undefined when it is an ordinary one. */
export function endOfRibFamily({ withdrawn, attributes, nlri }: UpdateMessage): AfiSafi | undefined {
  if (withdrawn.length > 0 || nlri.length > 0) return undefined;
  const [only, ...others] = attributes;
  if (only === undefined) return unicast.IPv4;
  if (only.kind !== 'mpUnreach' || only.withdrawn.length > 0 || others.length > 0) return undefined;
  return { afi: only.afi, safi: only.safi };
}

/** Throws BgpError when the session cannot go on. */
export function decodeUpdateBody(body: Uint8Array, context: UpdateContext): UpdateOutcome {
  const fields = splitFields(body);
  const decoded = decodeAttributes(fields.attributes, context);
  const message: UpdateMessage = { kind: 'update', ...fields, attributes: decoded.attributes };
  const routes = countRoutes(message, context);
  const announces = routes.some(({ field }) => field === 'announced');
  const errors = [...decoded.errors, ...contradictions(message, announces, decoded.errors)];
  const withdraws = errors.find(({ consequence }) => consequence === 'treatAsWithdraw');
  // With nothing in it to withdraw, the routes that it is about are perhaps in what could not be read (RFC 7606 §5.2).
  if (withdraws !== undefined && !announces) throw new BgpError(withdraws.notification, withdraws.message);
  const mild = errors.length > 0 ? 'attributeDiscard' : undefined;
  return { message, consequence: withdraws === undefined ? mild : 'treatAsWithdraw', errors, routes };
}

interface Fields {
  readonly withdrawn: Uint8Array;
  readonly attributes: Uint8Array;
  readonly nlri: Uint8Array;
}

function splitFields(body: Uint8Array): Fields {
  return within(errorCodes.update, updateErrors.malformedAttributeList, () => {
    const reader = new ByteReader(body);
    return {
      withdrawn: reader.bytes(reader.u16()),
      attributes: reader.bytes(reader.u16()),
      nlri: reader.bytes(reader.remaining),
    };
  });
}

/** Judges every field that holds prefixes. */
function countRoutes(message: UpdateMessage, context: UpdateContext): readonly CountedRoutes[] {
  const routes = within(errorCodes.update, updateErrors.invalidNetworkField, () => [
    ...counted(unicast.IPv4, 'withdrawn', message.withdrawn, 'IPv4'),
    ...counted(unicast.IPv4, 'announced', message.nlri, 'IPv4'),
  ]);
  for (const attribute of message.attributes) {
    if (attribute.kind === 'mpReach') routes.push(...countReach(attribute, context));
    if (attribute.kind === 'mpUnreach') routes.push(...countUnreach(attribute, context));
  }
  return routes;
}

function countReach(attribute: MpReach, context: UpdateContext): CountedRoutes[] {
  const { nextHop, nlri } = attribute;
  const family = negotiatedFamily(attribute, context);
  return judged(attribute, context, () => {
    if (family !== undefined && !nextHopOctets(family, context).includes(nextHop.length)) {
      throw new WireError('malformed', `a next hop of ${nextHop.length} octets for ${family}`);
    }
    return counted(attribute, 'announced', nlri, family);
  });
}

function countUnreach(attribute: MpUnreach, context: UpdateContext): CountedRoutes[] {
  const family = negotiatedFamily(attribute, context);
  return judged(attribute, context, () => counted(attribute, 'withdrawn', attribute.withdrawn, family));
}

function counted(
  { afi, safi }: AfiSafi,
  field: CountedRoutes['field'],
  nlri: Nlri,
  family: Family | undefined,
): CountedRoutes[] {
  if (nlri.length === 0) return [];
  return [{ afi, safi, field, count: family === undefined ? undefined : countNlri(family, nlri) }];
}

function negotiatedFamily(attribute: AfiSafi, { families }: UpdateContext): Family | undefined {
  const family = familyOfAfiSafi(attribute);
  return family !== undefined && families.includes(family) ? family : undefined;
}

/** RFC 2545 §3, RFC 4760 §3, RFC 8950 §4. */
function nextHopOctets(family: Family, { extendedNextHop }: UpdateContext): readonly number[] {
  if (family === 'IPv6') return [16, 32];
  return extendedNextHop ? [4, 16, 32] : [4];
}

/** Routes that cannot be told apart cannot be withdrawn either: the session ends (RFC 7606 §5.3, §7.11). */
function judged<Value>(attribute: MpReach | MpUnreach, context: UpdateContext, judge: () => Value): Value {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const data = encodeAttribute(attribute, context);
    throw new BgpError(notification(errorCodes.update, updateErrors.optionalAttribute, data), error.message);
  }
}

/** What is wrong with attributes that are each right: some are missing, or a confederation shows (RFC 7606 §3d, RFC 5065 §5). */
function contradictions(message: UpdateMessage, announces: boolean, before: readonly BgpError[]): readonly BgpError[] {
  const { attributes, nlri } = message;
  const path = attributes.find((attribute) => attribute.kind === 'asPath');
  if (path !== undefined && hasConfederationSegment(path.path)) {
    const answer = notification(errorCodes.update, updateErrors.malformedAsPath);
    return [new BgpError(answer, 'a confederation in the AS path', 'treatAsWithdraw')];
  }
  // One that is there but malformed has been complained about.
  if (!announces || before.some(({ consequence }) => consequence === 'treatAsWithdraw')) return [];
  const mandatory = nlri.length > 0 ? (['origin', 'asPath', 'nextHop'] as const) : (['origin', 'asPath'] as const);
  return mandatory
    .filter((kind) => !attributes.some((attribute) => attribute.kind === kind))
    .map((kind) => {
      const data = Uint8Array.of(attributeCodecs[kind].code);
      const answer = notification(errorCodes.update, updateErrors.missingWellKnown, data);
      return new BgpError(answer, `the well-known attribute ${kind} is missing`, 'treatAsWithdraw');
    });
}
