// The kube-proxy gate (layer2 §1, pure): whether this node forwards what it would attract. Rules stay in the kernel while kube-proxy restarts,
// so it closes late and in two steps. Where kube-proxy never answered it may have been replaced: the gate stays open.
import type { Engine, Step } from '#shared/runtime/runner.ts';
import type { KubeProxyHealth } from './health.ts';

export type Gate =
  /** Open; nobody ever answered. */
  | 'unknown'
  | 'open'
  /** Open, but the Node is about to be deleted: the drain signal `proxy-ineligible`. */
  | 'ineligible'
  /** Takes nothing new, keeps what it has. */
  | 'noClaim'
  /** Gives up what another can take. */
  | 'cannotForward';

export interface GateState {
  readonly gate: Gate;
  readonly isAsking: boolean;
  /** It was healthy or ineligible once. */
  readonly wasGood: boolean;
  /** Since it was good last, without the times when this program did not run. */
  readonly badForMs: number;
  readonly answeredMs: number;
}

type Answered = { readonly kind: 'answered'; readonly health: KubeProxyHealth; readonly nowMs: number };
export type GateEvent = { readonly kind: 'start' } | Answered;
export type GateEffect = { readonly kind: 'ask' } | { readonly kind: 'changed'; readonly gate: Gate };
type GateStep = Step<GateState, GateEffect>;

const askEveryMs = 2_000;
/** From one answer to the next at most, time-out included. What is missing beyond that we have slept through. */
const longestTurnMs = 3_000;
const noClaimAfterMs = 6_000;
const cannotForwardAfterMs = 30_000;

export const kubeProxyGate: Engine<GateState, GateEvent, GateEffect> = {
  initial: { gate: 'unknown', isAsking: false, wasGood: false, badForMs: 0, answeredMs: -Infinity },
  step: (state, event) => (event.kind === 'answered' ? answered(state, event) : ask(state)),
};

function ask(state: GateState): GateStep {
  const again = { kind: 'arm', timer: 'ask', delayMs: askEveryMs } as const;
  if (state.isAsking) return { state, effects: [again] };
  return { state: { ...state, isAsking: true }, effects: [again, { kind: 'ask' }] };
}

function answered(before: GateState, { health, nowMs }: Answered): GateStep {
  const isGood = health === 'healthy' || health === 'ineligible';
  const wasGood = before.wasGood || isGood;
  const badForMs = isGood ? 0 : before.badForMs + Math.min(longestTurnMs, nowMs - before.answeredMs);
  const gate = gateOf({ gate: before.gate, wasGood, badForMs }, health);
  const state: GateState = { gate, isAsking: false, wasGood, badForMs, answeredMs: nowMs };
  return { state, effects: gate === before.gate ? [] : [{ kind: 'changed', gate }] };
}

function gateOf(
  { gate, wasGood, badForMs }: Pick<GateState, 'gate' | 'wasGood' | 'badForMs'>,
  health: KubeProxyHealth,
): Gate {
  if (health === 'ineligible') return 'ineligible';
  if (!wasGood) return health === 'silent' ? gate : 'open';
  if (badForMs >= cannotForwardAfterMs) return 'cannotForward';
  return badForMs >= noClaimAfterMs ? 'noClaim' : 'open';
}
