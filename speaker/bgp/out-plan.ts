// From what a peer holds to what it shall hold: the UPDATEs in between, as a plan that is carried out piece by piece as the connection takes
// it. Withdrawals come first, of all families; then each family's announcements by first appearance of their attributes, and its end mark.
import type { Family } from '#shared/net/ip.ts';
import { advertisedAttributes, type Audience } from './advertised-attributes.ts';
import { encodeMessage } from './codec.ts';
import { unicast } from './family.ts';
import type { NoNextHop, OutFamily } from './next-hop.ts';
import type { EncodedPrefix } from './nlri.ts';
import { announcementEnvelope, withdrawalEnvelope, type Envelope } from './packing.ts';
import { refreshSubtypes } from './route-refresh.ts';
import type { AttributeSet, FamilyRoutes } from './route-table.ts';
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
  const { target, withheld, envelopes } = announceable(family, desired, session, out);
  const withdrawn = goneFrom(holding, target);
  const withdrawals: readonly PlanStep[] =
    withdrawn.length === 0
      ? []
      : [
          {
            kind: 'withdraw',
            family,
            envelope: withdrawalEnvelope(family, out.form, session),
            prefixes: withdrawn.toSorted(),
          },
        ];
  const announcements = changed(holding.held, target).flatMap(([set, prefixes]): readonly PlanStep[] => {
    const envelope = envelopes.get(set.key);
    return envelope === undefined ? [] : [{ kind: 'announce', family, set, envelope, prefixes: prefixes.toSorted() }];
  });
  const opening = holding.refresh === 'asked' ? [mark(family, 'beginRefresh', session)] : [];
  const closing = [
    ...(complete && holding.endOfRib === 'owed' ? [mark(family, 'endOfRib', session)] : []),
    ...(holding.refresh === 'none' ? [] : [mark(family, 'endRefresh', session)]),
  ];
  return { withdrawals, announcements: [...opening, ...announcements, ...closing], target, withheld };
}

/** What of `desired` can be said to this peer, and in what it goes. */
function announceable(
  family: Family,
  desired: FamilyRoutes,
  session: OutSession,
  { form, nextHop }: OutFamily,
): Pick<FamilyPlan, 'target' | 'withheld'> & { readonly envelopes: ReadonlyMap<string, Envelope> } {
  const envelopes = new Map<string, Envelope>();
  if (typeof nextHop === 'string') {
    const withheld = desired.size === 0 ? [] : [{ family, reason: nextHop, prefixes: desired.size }];
    return { target: new Map(), withheld, envelopes };
  }
  const tooLong = new Set<string>();
  for (const set of new Set(desired.values())) {
    const attributes = advertisedAttributes(set, session, form === 'classic' ? nextHop : undefined);
    const envelope = announcementEnvelope(family, { form, nextHop }, attributes, session);
    if (envelope === undefined) tooLong.add(set.key);
    else envelopes.set(set.key, envelope);
  }
  if (tooLong.size === 0) return { target: desired, withheld: [], envelopes };
  const target = new Map([...desired].filter(([, { key }]) => !tooLong.has(key)));
  const withheld: Withheld = { family, reason: 'attributesTooLong', prefixes: desired.size - target.size };
  return { target, withheld: [withheld], envelopes };
}

function goneFrom({ held, stale }: Holding, target: FamilyRoutes): EncodedPrefix[] {
  if (held === target && stale.size === 0) return [];
  const gone: EncodedPrefix[] = [];
  for (const prefix of held.keys()) if (!target.has(prefix)) gone.push(prefix);
  for (const prefix of stale) if (!target.has(prefix)) gone.push(prefix);
  return gone;
}

/** What the peer does not hold, or otherwise, by attributes. */
function changed(held: FamilyRoutes, target: FamilyRoutes): readonly (readonly [AttributeSet, EncodedPrefix[]])[] {
  if (held === target) return [];
  const groups = new Map<string, readonly [AttributeSet, EncodedPrefix[]]>();
  for (const [prefix, set] of target) {
    if (held.get(prefix)?.key === set.key) continue;
    const group = groups.get(set.key);
    if (group === undefined) groups.set(set.key, [set, [prefix]]);
    else group[1].push(prefix);
  }
  return [...groups.values()];
}

function mark(family: Family, of: Mark, session: OutSession): PlanStep {
  if (of === 'endOfRib') return { kind: 'mark', family, mark: of, octets: encodeMessage(endOfRib(family), session) };
  const subtype = of === 'beginRefresh' ? refreshSubtypes.begin : refreshSubtypes.end;
  const message = { kind: 'routeRefresh', ...unicast[family], subtype, filters: new Uint8Array(0) } as const;
  return { kind: 'mark', family, mark: of, octets: encodeMessage(message, session) };
}
