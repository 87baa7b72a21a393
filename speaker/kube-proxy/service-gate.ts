// Whether kube-proxy of this node is ready for a Service that keeps traffic on the node it comes to (spec/bgp §13; pure), by its
// healthCheckNodePort: asked before the first announcement, so that no packet comes before the rules are there. What was open stays open: the
// endpoints decide when a route goes, and their rules are in the kernel by then. Where nobody answers there is no such port to go by.
import type { Ip } from '#shared/net/ip.ts';
import type { Engine, Step } from '#shared/runtime/runner.ts';

export type ServiceHealth =
  /** kube-proxy has endpoints of the Service here. */
  | 'ready'
  /** Somebody answers, and it has none. */
  | 'notReady'
  /** Nobody answers, or not in time. */
  | 'silent';

/** Addresses of this machine at which kube-proxy may listen: on which it does depends on how it is told to (`--nodeport-addresses`). */
export interface ServiceHealthPort {
  readonly hosts: readonly Ip[];
  readonly port: number;
}

/** Asks at all addresses at once; whoever answers first counts. The answer comes once, and in bounded time. */
export interface ServiceHealthProbe {
  ask(at: ServiceHealthPort, answered: (health: ServiceHealth) => void): void;
}

export interface ServiceGateState {
  readonly gate:
    /** Nobody has answered yet. */
    | 'asking'
    /** It is not ready, by its own words. */
    | 'waiting'
    | 'open'
    /** Open: nobody answers. */
    | 'unknown';
  readonly isAsking: boolean;
  readonly silentForMs: number;
}

export type ServiceGateEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'answered'; readonly health: ServiceHealth };
export type ServiceGateEffect = { readonly kind: 'ask' } | { readonly kind: 'changed' };
type ServiceGateStep = Step<ServiceGateState, ServiceGateEffect>;

const whileWaitingMs = 1_000;
const whileUnknownMs = 10_000;
/** Asked each second for that long in vain. */
const unknownAfterMs = 10_000;

export const serviceGate: Engine<ServiceGateState, ServiceGateEvent, ServiceGateEffect> = {
  initial: { gate: 'asking', isAsking: false, silentForMs: 0 },
  step: (state, event) => (event.kind === 'answered' ? answered(state, event.health) : ask(state)),
};

function ask(state: ServiceGateState): ServiceGateStep {
  const delayMs = state.gate === 'unknown' ? whileUnknownMs : whileWaitingMs;
  const again = { kind: 'arm', timer: 'ask', delayMs } as const;
  if (state.isAsking) return { state, effects: [again] };
  return { state: { ...state, isAsking: true }, effects: [again, { kind: 'ask' }] };
}

function answered(before: ServiceGateState, health: ServiceHealth): ServiceGateStep {
  const silentForMs = health === 'silent' ? before.silentForMs + whileWaitingMs : 0;
  const gate = gateOf(before.gate, health, silentForMs);
  return {
    state: { gate, isAsking: false, silentForMs },
    effects: [
      ...(gate === 'open' ? [{ kind: 'disarm', timer: 'ask' } as const] : []),
      ...(gate === before.gate ? [] : [{ kind: 'changed' } as const]),
    ],
  };
}

function gateOf(
  before: ServiceGateState['gate'],
  health: ServiceHealth,
  silentForMs: number,
): ServiceGateState['gate'] {
  // What was announced without an answer is not taken back for one.
  if (health === 'ready' || (before === 'unknown' && health === 'notReady')) return 'open';
  if (health === 'notReady') return 'waiting';
  return silentForMs >= unknownAfterMs ? 'unknown' : before;
}
