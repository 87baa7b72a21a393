// Which BFD sessions the wanted ones come to (pure): peers with one router share one.
import type { SessionSettings } from '../bfd/session-state.ts';
import type { WantedBfd } from '../seam.ts';

const usPerMs = 1000;

/** Equal for those that watch one and the same path. */
function keyOf({ remote, local, device, multihop }: WantedBfd): string {
  return `${remote} ${local ?? ''} ${device ?? ''} ${multihop}`;
}

/** By session. Of several wishes the stricter wins, in each of their values. */
export function mergeWanted(wanted: readonly WantedBfd[]): ReadonlyMap<string, WantedBfd> {
  const merged = new Map<string, WantedBfd>();
  for (const one of wanted) {
    const key = keyOf(one);
    const other = merged.get(key);
    merged.set(key, other === undefined ? one : stricter(one, other));
  }
  return merged;
}

function stricter(one: WantedBfd, other: WantedBfd): WantedBfd {
  return {
    ...one,
    transmitIntervalMs: Math.min(one.transmitIntervalMs, other.transmitIntervalMs),
    receiveIntervalMs: Math.min(one.receiveIntervalMs, other.receiveIntervalMs),
    detectMultiplier: Math.min(one.detectMultiplier, other.detectMultiplier),
    passive: one.passive && other.passive,
    leastHopLimit: Math.max(one.leastHopLimit, other.leastHopLimit),
  };
}

export function settingsOf(wanted: WantedBfd): SessionSettings {
  const { transmitIntervalMs, receiveIntervalMs, detectMultiplier, passive } = wanted;
  return {
    desiredMinTxUs: transmitIntervalMs * usPerMs,
    requiredMinRxUs: receiveIntervalMs * usPerMs,
    detectMultiplier,
    passive,
  };
}
