// From what a peer holds to what it shall hold: the UPDATEs in between, as a plan that is carried out piece by piece as the connection takes
// it. Withdrawals come first, of all families; then each family's announcements by first appearance of their attributes, and its end mark.
import type { Family } from '#shared/net/ip.ts';
import { advertisedAttributes, type Audience } from './advertised-attributes.ts';
import { encodeMessage } from './codec.ts';
import { unicast } from './family.ts';
import { differences, noRoutes, prefixesOf, withoutSets, type FamilyRoutes } from './family-routes.ts';
import type { NoNextHop, OutFamily } from './next-hop.ts';
import type { EncodedPrefix } from './nlri.ts';
import { announcementEnvelope, withdrawalEnvelope, type Envelope } from './packing.ts';
import { refreshSubtypes } from './route-refresh.ts';
import { mayBeTooLong, type AttributeSet } from './route-attributes.ts';
import { endOfRib } from './update.ts';

/** The peer, as far as announcing to it goes. */
export interface OutSession extends Audience {
  /** The negotiated ones, in the order in which they are served. */
  readonly families: ReadonlyMap<Family, OutFamily>;
  readonly extendedMessage: boolean;
  readonly enhancedRouteRefresh: boolean;
}

/** Of one family. */
export interface Holding {
  /** What the peer holds as it stands. */
  readonly held: FamilyRoutes;
  /** What the peer holds, but is to be told again: it asked, or the next hop is another. */
  readonly stale: ReadonlySet<EncodedPrefix>;
  readonly endOfRib: 'owed' | 'sent';
  /** An enhanced refresh that was asked for, or whose BoRR has been sent. */
  readonly refresh: 'none' | 'asked' | 'begun';
}

export type Mark = 'endOfRib' | 'beginRefresh' | 'endRefresh';

export type PlanStep = { readonly family: Family } & (
  | { readonly kind: 'withdraw'; readonly envelope: Envelope; readonly prefixes: readonly EncodedPrefix[] }
  | {
      readonly kind: 'announce';
      readonly set: AttributeSet;
      readonly envelope: Envelope;
      readonly prefixes: readonly EncodedPrefix[];
    }
  | { readonly kind: 'mark'; readonly mark: Mark; readonly octets: Uint8Array }
);

/** Routes that the peer should hold and cannot be given. */
export interface Withheld {
  readonly family: Family;
  readonly reason: NoNextHop | 'attributesTooLong';
  readonly prefixes: number;
}

export interface FamilyPlan {
  readonly withdrawals: readonly PlanStep[];
  readonly announcements: readonly PlanStep[];
  /** What the peer holds when all that is done. */
  readonly target: FamilyRoutes;
  readonly withheld: readonly Withheld[];
}

/** `complete`: `desired` is all that there is, so that its end may be told. */
export function planFamily(
  family: Family,
  holding: Holding,
  { desired, complete }: { readonly desired: FamilyRoutes; readonly complete: boolean },
  session: OutSession,
  out: OutFamily,
): FamilyPlan {
  const { target, withheld } = announceable(family, desired, session, out);
  const { changed, gone } = differences(holding.held, target);
  const withdrawn = holding.stale.size === 0 ? gone : [...gone, ...staleBeyond(holding.stale, target)].toSorted();
  const withdrawals: readonly PlanStep[] =
    withdrawn.length === 0
      ? []
      : [{ kind: 'withdraw', family, envelope: withdrawalEnvelope(family, out.form, session), prefixes: withdrawn }];
  const announcements = changed.flatMap(([set, prefixes]): readonly PlanStep[] => {
    const envelope = envelopeFor(family, set, session, out);
    return envelope === undefined ? [] : [{ kind: 'announce', family, set, envelope, prefixes }];
  });
  const opening = holding.refresh === 'asked' ? [mark(family, 'beginRefresh', session)] : [];
  const closing = [
    ...(complete && holding.endOfRib === 'owed' ? [mark(family, 'endOfRib', session)] : []),
    ...(holding.refresh === 'none' ? [] : [mark(family, 'endRefresh', session)]),
  ];
  return { withdrawals, announcements: [...opening, ...announcements, ...closing], target, withheld };
}

/** What of `desired` can be said to this peer. */
function announceable(
  family: Family,
  desired: FamilyRoutes,
  session: OutSession,
  out: OutFamily,
): Pick<FamilyPlan, 'target' | 'withheld'> {
  if (typeof out.nextHop === 'string') {
    const withheld = desired.size === 0 ? [] : [{ family, reason: out.nextHop, prefixes: desired.size }];
    return { target: noRoutes, withheld };
  }
  const tooLong = new Set<string>();
  for (const { set } of desired.sets.values()) {
    if (mayBeTooLong(set) && envelopeFor(family, set, session, out) === undefined) tooLong.add(set.key);
  }
  if (tooLong.size === 0) return { target: desired, withheld: [] };
  const target = withoutSets(desired, tooLong);
  const withheld: Withheld = { family, reason: 'attributesTooLong', prefixes: desired.size - target.size };
  return { target, withheld: [withheld] };
}

/** Undefined when this peer cannot be told: there is no next hop, or no room. */
function envelopeFor(
  family: Family,
  set: AttributeSet,
  session: OutSession,
  { form, nextHop }: OutFamily,
): Envelope | undefined {
  if (typeof nextHop === 'string') return undefined;
  const attributes = advertisedAttributes(set, session, form === 'classic' ? nextHop : undefined);
  return announcementEnvelope(family, { form, nextHop }, attributes, session);
}

/** What the peer holds from before and shall not hold. */
function staleBeyond(stale: ReadonlySet<EncodedPrefix>, target: FamilyRoutes): Iterable<EncodedPrefix> {
  return stale.difference(new Set(prefixesOf(target)));
}

function mark(family: Family, of: Mark, session: OutSession): PlanStep {
  if (of === 'endOfRib') return { kind: 'mark', family, mark: of, octets: encodeMessage(endOfRib(family), session) };
  const subtype = of === 'beginRefresh' ? refreshSubtypes.begin : refreshSubtypes.end;
  const message = { kind: 'routeRefresh', ...unicast[family], subtype, filters: new Uint8Array(0) } as const;
  return { kind: 'mark', family, mark: of, octets: encodeMessage(message, session) };
}
