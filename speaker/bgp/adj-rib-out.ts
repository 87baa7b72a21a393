// Adj-RIB-Out of one peer (RFC 4271 §3.2, §9.2), an engine: brings what the peer holds to what it shall hold, with the fewest messages, as
// fast as its connection takes them. What has not been packed yet follows every change of mind, so a slow peer skips what came between.
import type { Family } from '#shared/net/ip.ts';
import { families } from './family.ts';
import { noRoutes, prefixesOf, withChanges, type FamilyRoutes } from './family-routes.ts';
import type { EncodedPrefix } from './nlri.ts';
import { planFamily, type Holding, type OutSession, type PlanStep, type Withheld } from './out-plan.ts';
import { pack } from './packing.ts';
import type { AttributeSet } from './route-attributes.ts';
import type { RouteTable } from './route-table.ts';

export interface AdjRibOutState {
  /** Undefined while nothing is Established. */
  readonly session: OutSession | undefined;
  /** Undefined while it is not known. */
  readonly desired: { readonly routes: RouteTable; readonly complete: boolean } | undefined;
  /** As it was when the plan was made. */
  readonly holdings: Readonly<Record<Family, Holding>>;
  /** As it is when the plan is done. */
  readonly targets: Readonly<Record<Family, FamilyRoutes>>;
  readonly plan: readonly PlanStep[];
  /** What of the plan has been done: whole steps, and prefixes of the next one. */
  readonly done: { readonly steps: number; readonly prefixes: number };
  /** Families to be told anew when that is possible: a refresh has its place after End-of-RIB and after another refresh (RFC 7313 §4). */
  readonly refreshLater: readonly Family[];
  readonly withheld: readonly Withheld[];
  /** What the connection takes before it must drain. */
  readonly octetsFree: number;
}

export type AdjRibOutEvent =
  | { readonly kind: 'established'; readonly session: OutSession; readonly octetsFree: number }
  /** Families, forms and what was negotiated are as they were; next hops may not be. */
  | { readonly kind: 'readdressed'; readonly session: OutSession }
  /** All that the peer shall hold. Only what is `complete` is ever ended with End-of-RIB. */
  | { readonly kind: 'desired'; readonly routes: RouteTable; readonly complete: boolean }
  /** The peer asks for a family (RFC 2918). */
  | { readonly kind: 'refresh'; readonly family: Family }
  /** The connection takes this many octets now. */
  | { readonly kind: 'drained'; readonly octetsFree: number }
  | { readonly kind: 'ended' };

export type AdjRibOutEffect =
  /** One message. */
  | { readonly kind: 'send'; readonly octets: Uint8Array }
  | { readonly kind: 'endOfRib'; readonly family: Family }
  /** Replaces what was said before; told on change. */
  | { readonly kind: 'withheld'; readonly withheld: readonly Withheld[] };

interface AdjRibOutStep {
  readonly state: AdjRibOutState;
  readonly effects: readonly AdjRibOutEffect[];
}

const nothingStale: ReadonlySet<EncodedPrefix> = new Set();
const nothingHeld: Holding = { held: noRoutes, stale: nothingStale, endOfRib: 'owed', refresh: 'none' };

/** One that is done is none: a plan with steps has some left. */
const noPlan = { plan: [], done: { steps: 0, prefixes: 0 } } as const;

export const initialAdjRibOut: AdjRibOutState = {
  session: undefined,
  desired: undefined,
  holdings: { IPv4: nothingHeld, IPv6: nothingHeld },
  targets: { IPv4: noRoutes, IPv6: noRoutes },
  ...noPlan,
  refreshLater: [],
  withheld: [],
  octetsFree: 0,
};

export function stepAdjRibOut(state: AdjRibOutState, event: AdjRibOutEvent): AdjRibOutStep {
  switch (event.kind) {
    case 'established': {
      const { session, octetsFree } = event;
      return replan({ ...initialAdjRibOut, desired: state.desired, session, octetsFree });
    }
    case 'readdressed':
      return readdress(settled(state), event.session);
    case 'desired':
      return replan({ ...settled(state), desired: { routes: event.routes, complete: event.complete } });
    case 'refresh':
      return refresh(state, event.family);
    case 'drained':
      return fill({ ...state, octetsFree: event.octetsFree });
    case 'ended':
      return { state: { ...initialAdjRibOut, desired: state.desired }, effects: unheld(state, []) };
  }
}

/** Tells again what goes by another next hop than before. */
function readdress(state: AdjRibOutState, session: OutSession): AdjRibOutStep {
  const moved = [...session.families].filter(([family, { nextHop }]) => {
    const before = state.session?.families.get(family)?.nextHop;
    return before === undefined || before.toString() !== nextHop.toString();
  });
  const holdings = withHoldings(
    state,
    moved.map(([family]) => family),
    outdated,
  );
  return replan({ ...state, holdings, session });
}

function refresh(state: AdjRibOutState, family: Family): AdjRibOutStep {
  const { session } = state;
  if (session?.families.has(family) !== true) return { state, effects: [] };
  const { endOfRib, refresh: running } = state.holdings[family];
  // One that has not begun is as good as the one that is asked for now.
  if (running === 'asked') return { state, effects: [] };
  if (session.enhancedRouteRefresh && (endOfRib === 'owed' || running === 'begun')) {
    return { state: { ...state, refreshLater: [...new Set([...state.refreshLater, family])] }, effects: [] };
  }
  const current = settled(state);
  const asked = session.enhancedRouteRefresh ? 'asked' : 'none';
  const holdings = withHoldings(current, [family], (holding) => ({ ...outdated(holding), refresh: asked }));
  return replan({ ...current, holdings });
}

function outdated(holding: Holding): Holding {
  return { ...holding, held: noRoutes, stale: new Set([...holding.stale, ...prefixesOf(holding.held)]) };
}

function withHoldings(
  { holdings }: AdjRibOutState,
  changed: readonly Family[],
  change: (holding: Holding) => Holding,
): AdjRibOutState['holdings'] {
  return changed.reduce((all, family) => ({ ...all, [family]: change(all[family]) }), holdings);
}

/** Makes the plan for a state without one, and begins with it. */
function replan(state: AdjRibOutState): AdjRibOutStep {
  const { session, desired } = state;
  if (session === undefined || desired === undefined) return { state, effects: [] };
  const { routes, complete } = desired;
  const plans = [...session.families].map(([family, out]) => ({
    family,
    ...planFamily(family, state.holdings[family], { desired: routes[family], complete }, session, out),
  }));
  const targets = { ...state.targets };
  for (const { family, target } of plans) targets[family] = target;
  const withheld = plans.flatMap((plan) => plan.withheld);
  const plan = [...plans.flatMap(({ withdrawals }) => withdrawals), ...plans.flatMap((one) => one.announcements)];
  const { state: next, effects } = fill({ ...state, targets, plan, done: { steps: 0, prefixes: 0 }, withheld });
  return { state: next, effects: [...unheld(state, withheld), ...effects] };
}

function unheld({ withheld: before }: AdjRibOutState, withheld: readonly Withheld[]): readonly AdjRibOutEffect[] {
  return keyOf(before) === keyOf(withheld) ? [] : [{ kind: 'withheld', withheld }];
}

function keyOf(withheld: readonly Withheld[]): string {
  return withheld.map(({ family, reason, prefixes }) => `${family} ${reason} ${prefixes}`).join();
}

/** Does as much of the plan as the connection takes. */
function fill(state: AdjRibOutState): AdjRibOutStep {
  const effects: AdjRibOutEffect[] = [];
  let { octetsFree, holdings } = state;
  let { steps, prefixes } = state.done;
  for (let step = state.plan[steps]; step !== undefined && octetsFree > 0; step = state.plan[steps]) {
    if (step.kind === 'mark') {
      effects.push({ kind: 'send', octets: step.octets });
      octetsFree -= step.octets.length;
      if (step.mark === 'endOfRib') effects.push({ kind: 'endOfRib', family: step.family });
      holdings = { ...holdings, [step.family]: marked(holdings[step.family], step.mark) };
      steps++;
    } else {
      const { octets, end } = pack(step.envelope, step.prefixes, prefixes);
      effects.push({ kind: 'send', octets });
      octetsFree -= octets.length;
      prefixes = end;
      if (end === step.prefixes.length) [steps, prefixes] = [steps + 1, 0];
    }
  }
  const next: AdjRibOutState = { ...state, holdings, octetsFree, done: { steps, prefixes } };
  return steps === state.plan.length ? finish(next, effects) : { state: next, effects };
}

function marked(holding: Holding, mark: Extract<PlanStep, { kind: 'mark' }>['mark']): Holding {
  switch (mark) {
    case 'endOfRib':
      return { ...holding, endOfRib: 'sent' };
    case 'beginRefresh':
      return { ...holding, refresh: 'begun' };
    case 'endRefresh':
      return { ...holding, refresh: 'none' };
  }
}

/** The peer holds what it shall; a refresh that had to wait may be possible now. */
function finish(state: AdjRibOutState, effects: readonly AdjRibOutEffect[]): AdjRibOutStep {
  const holdings = { ...state.holdings };
  for (const family of families) {
    holdings[family] = { ...holdings[family], held: state.targets[family], stale: nothingStale };
  }
  const current: AdjRibOutState = { ...state, holdings, ...noPlan };
  const possible = current.refreshLater.find((family) => holdings[family].endOfRib === 'sent');
  if (possible === undefined) return { state: current, effects };
  const refreshLater = current.refreshLater.filter((family) => family !== possible);
  const next = refresh({ ...current, refreshLater }, possible);
  return { state: next.state, effects: [...effects, ...next.effects] };
}

/** The same, with what has been done counted as held and without the rest of the plan. */
function settled(state: AdjRibOutState): AdjRibOutState {
  if (state.plan.length === 0) return state;
  const holdings = { ...state.holdings };
  for (const family of families) holdings[family] = { ...holdings[family], ...doneOf(state, family) };
  return { ...state, holdings, ...noPlan };
}

function doneOf({ plan, done, holdings }: AdjRibOutState, family: Family): Pick<Holding, 'held' | 'stale'> {
  const changes = new Map<EncodedPrefix, AttributeSet | undefined>();
  for (const [index, step] of plan.slice(0, done.steps + 1).entries()) {
    if (step.kind === 'mark' || step.family !== family) continue;
    const last = index < done.steps ? step.prefixes.length : done.prefixes;
    const set = step.kind === 'announce' ? step.set : undefined;
    for (const prefix of step.prefixes.slice(0, last)) changes.set(prefix, set);
  }
  const { held, stale } = holdings[family];
  return { held: withChanges(held, changes), stale: stale.size === 0 ? stale : new Set(stale).difference(changes) };
}
