// One link of unnumbered BGP peers (engine; spec/bgp §12): tells others by router advertisements where this node is, and remembers who else is a
// router there.
//
// As a host it asks first, or it would wait for a router's next turn; as a router it follows RFC 4861 §6.2, but that its first advertisements
// are nearer to each other.
import { uniform, type Random } from '#shared/runtime/random.ts';
import type { Ip } from '#shared/net/ip.ts';
import type { Step, TimerEffect, TimerEvent } from '#shared/runtime/runner.ts';
import type { LinkSpeaker } from './router-message.ts';

export interface RouterDiscoveryState {
  /** Undefined: nothing can be said or heard now. */
  readonly self: LinkSpeaker | undefined;
  /** Since when that is so, or is not. */
  readonly sinceMs: number;
  readonly advertised: { readonly count: number; readonly lastMs: number; readonly nextMs: number };
  readonly solicitations: number;
  /** Who was heard first comes first. */
  readonly routers: readonly HeardRouter[];
}

interface HeardRouter {
  readonly ip: Ip;
  readonly lastMs: number;
}

export type RouterDiscoveryEvent =
  /** As whom this node can speak from now on. */
  | { readonly kind: 'self'; readonly self: LinkSpeaker | undefined }
  | { readonly kind: 'solicited' }
  | { readonly kind: 'heard'; readonly ip: Ip }
  | TimerEvent;

export type RouterDiscoveryEffect =
  | { readonly kind: 'advertise' | 'solicit'; readonly self: LinkSpeaker }
  /** `routers` are others. */
  | { readonly kind: 'changed' }
  /** A router was not noted: there are too many. */
  | { readonly kind: 'overlooked' };

export interface RouterDiscoveryContext {
  readonly nowMs: number;
  readonly random: Random;
}

type Result = Step<RouterDiscoveryState, RouterDiscoveryEffect>;
type Effects = Result['effects'];

/** So many come a second apart, then one each ten seconds, more or less: FRR dials after the first that it hears. */
export const firstAdvertisements = 3;
const firstIntervalMs = 1_000;
const intervalMs = { least: 7_500, most: 12_500 } as const;
/** MIN_DELAY_BETWEEN_RAS and MAX_RA_DELAY_TIME (RFC 4861 §10). */
const leastBetweenAnswersMs = 3_000;
const mostAnswerDelayMs = 500;
/** MAX_RTR_SOLICITATIONS and RTR_SOLICITATION_INTERVAL. */
const maxSolicitations = 3;
const solicitationIntervalMs = 4_000;
/** MaxRtrAdvInterval at its longest (§6.2.1): whoever says nothing for so long is gone. */
export const routerLifetimeMs = 1_800_000;
/** On a link that came back, a router that does not answer for so long may be another one's predecessor. */
const returnGraceMs = maxSolicitations * solicitationIntervalMs;
/** A link to one router is assumed: these are for the telling. */
export const maxRouters = 8;

export const initialRouterDiscovery: RouterDiscoveryState = {
  self: undefined,
  sinceMs: 0,
  advertised: { count: 0, lastMs: -Infinity, nextMs: 0 },
  solicitations: 0,
  routers: [],
};

export function stepRouterDiscovery(
  state: RouterDiscoveryState,
  event: RouterDiscoveryEvent,
  context: RouterDiscoveryContext,
): Result {
  switch (event.kind) {
    case 'self':
      return become(state, event.self, context);
    case 'solicited':
      return answer(state, context);
    case 'heard':
      return hear(state, event.ip, context);
    case 'timer':
      return timers[event.timer]?.(state, context) ?? { state, effects: [] };
  }
}

type OnTimer = (state: RouterDiscoveryState, context: RouterDiscoveryContext) => Result;
const timers: Readonly<Record<string, OnTimer>> = { advertise: advertiseInTurn, solicit, forget };

function arm(timer: 'advertise' | 'solicit' | 'forget', delayMs: number): TimerEffect {
  return { kind: 'arm', timer, delayMs };
}

function become(state: RouterDiscoveryState, self: LinkSpeaker | undefined, context: RouterDiscoveryContext): Result {
  const { nowMs } = context;
  const before = state.self;
  if (self?.ip === before?.ip && self?.mac === before?.mac) return { state, effects: [] };
  if (self === undefined) {
    const silenced: Effects = [
      { kind: 'disarm', timer: 'advertise' },
      { kind: 'disarm', timer: 'solicit' },
    ];
    return { state: { ...state, self, sinceMs: nowMs }, effects: silenced };
  }
  if (before !== undefined) {
    // One more, out of turn.
    const advertised = { ...state.advertised, lastMs: nowMs };
    return { state: { ...state, self, advertised }, effects: [{ kind: 'advertise', self }] };
  }
  const advertised = { ...state.advertised, count: 0 };
  const asked = solicit({ ...state, self, sinceMs: nowMs, advertised, solicitations: 0 });
  const told = advertiseInTurn(asked.state, context);
  return { state: told.state, effects: [...asked.effects, ...told.effects] };
}

function advertiseInTurn(state: RouterDiscoveryState, { nowMs, random }: RouterDiscoveryContext): Result {
  const { self } = state;
  if (self === undefined) return { state, effects: [] };
  const count = state.advertised.count + 1;
  const pauseMs = count < firstAdvertisements ? firstIntervalMs : uniform(random, intervalMs.least, intervalMs.most);
  const advertised = { count, lastMs: nowMs, nextMs: nowMs + pauseMs };
  return { state: { ...state, advertised }, effects: [{ kind: 'advertise', self }, arm('advertise', pauseMs)] };
}

/** To all, soon, unless the next is due even sooner (§6.2.6). */
function answer(state: RouterDiscoveryState, { nowMs, random }: RouterDiscoveryContext): Result {
  const { self, advertised } = state;
  const allowedMs = Math.max(nowMs, advertised.lastMs + leastBetweenAnswersMs);
  const answerMs = allowedMs + uniform(random, 0, mostAnswerDelayMs);
  if (self === undefined || answerMs >= advertised.nextMs) return { state, effects: [] };
  return {
    state: { ...state, advertised: { ...advertised, nextMs: answerMs } },
    effects: [arm('advertise', answerMs - nowMs)],
  };
}

/** Until a router has answered, or there is none (§6.3.7). */
function solicit(state: RouterDiscoveryState): Result {
  const { self, solicitations, routers, sinceMs } = state;
  const isAnswered = routers.some(({ lastMs }) => lastMs >= sinceMs);
  if (self === undefined || isAnswered || solicitations === maxSolicitations) return { state, effects: [] };
  return {
    state: { ...state, solicitations: solicitations + 1 },
    effects: [{ kind: 'solicit', self }, arm('solicit', solicitationIntervalMs)],
  };
}

function hear(state: RouterDiscoveryState, ip: Ip, { nowMs }: RouterDiscoveryContext): Result {
  const { self, sinceMs } = state;
  if (self === undefined || ip === self.ip) return { state, effects: [] };
  const isPatient = nowMs - sinceMs < returnGraceMs;
  const kept = state.routers.filter((router) => router.ip === ip || router.lastMs >= sinceMs || isPatient);
  const isKnown = kept.some((router) => router.ip === ip);
  if (!isKnown && kept.length === maxRouters) return { state, effects: [{ kind: 'overlooked' }] };
  const heard = { ip, lastMs: nowMs };
  const routers = isKnown ? kept.map((router) => (router.ip === ip ? heard : router)) : [...kept, heard];
  const isNews = !isKnown || kept.length < state.routers.length;
  const effects: Effects = [
    ...(state.routers.length === 0 ? [arm('forget', routerLifetimeMs)] : []),
    ...(isNews ? [{ kind: 'changed' as const }] : []),
  ];
  return { state: { ...state, routers }, effects };
}

function forget(state: RouterDiscoveryState, { nowMs }: RouterDiscoveryContext): Result {
  const routers = state.routers.filter(({ lastMs }) => nowMs - lastMs < routerLifetimeMs);
  const eldestMs = Math.min(...routers.map(({ lastMs }) => lastMs));
  const effects: Effects = [
    ...(routers.length > 0 ? [arm('forget', eldestMs + routerLifetimeMs - nowMs)] : []),
    ...(routers.length < state.routers.length ? [{ kind: 'changed' as const }] : []),
  ];
  return { state: { ...state, routers }, effects };
}
